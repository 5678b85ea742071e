"""The paper's light prior over axis-angle poses.

Run: python -m trainers.train --config=trainers/configs/prior_light.py --config.data.path=DIR
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    config = base.prior(preset="light", space="axis_angle")
    # Axis-angle has half of 6D's dimensions: more layers fit into the same parameters.
    config.prior.options.num_steps = 12
    config.steps = 5_000
    config.optimizer.learning_rate = 4e-3
    return config
