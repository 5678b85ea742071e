"""A viewer of pose priors in a browser, for the command `hps view --prior`."""
