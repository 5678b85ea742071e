"""The paper's light prior over axis-angle poses.

Run: python -m trainers.train --config=trainers/configs/prior_light.py --config.data.path=DIR

Expected in nats per dimension on test people, when DIR is CMU motion capture as in the card of
cmu-aa-light: this prior -0.284; the Gaussian -0.200, the mixture of 8 -0.229. On validation people:
-0.392, -0.306, -0.372.
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
