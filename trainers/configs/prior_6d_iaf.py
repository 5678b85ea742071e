"""An inverse autoregressive flow, for comparison, over 6D poses.

Run: python -m trainers.train --config=trainers/configs/prior_6d_iaf.py --config.data.path=DIR

No figure is stated: its density takes 126 passes of a network in a row, which is minutes for every
hundred training steps on two cores.
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    return base.prior(preset="iaf", space="6d")
