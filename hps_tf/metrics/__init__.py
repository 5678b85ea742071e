"""Measures of how good priors and reconstructions are."""
