"""What a search can choose by, and what it can compare, without Keras Tuner."""

ORACLES = ("random", "bayesian", "hyperband")
"""Names of `oracles.create`."""

FIXED = {"hyperband": ("steps", "validate_every")}
"""Settings that a search space has to leave alone, since the oracle reckons with them."""

PREFIX = "val_"
"""Names of objectives begin with it, like those of Keras."""
