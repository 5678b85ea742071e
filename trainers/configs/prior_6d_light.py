"""The paper's light prior over 6D poses.

Run: python -m trainers.train --config=trainers/configs/prior_6d_light.py --config.data.path=DIR
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    config = base.prior(preset="light", space="6d")
    config.steps = 5_000
    config.optimizer.learning_rate = 4e-3
    return config
