"""The paper's RealNVP prior over axis-angle poses.

Run: python -m trainers.train --config=trainers/configs/prior_realnvp.py --config.data.path=DIR
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    return base.prior(preset="realnvp", space="axis_angle")
