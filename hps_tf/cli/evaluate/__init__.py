"""Measures what was trained on held-out data."""
