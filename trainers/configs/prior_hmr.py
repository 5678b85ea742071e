"""HMR's factorised discriminators, for comparison.

Run: python -m trainers.train --config=trainers/configs/prior_hmr.py --config.data.path=DIR
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    return base.discriminator()
