"""The paper's light prior over 6D poses.

Run: python -m trainers.train --config=trainers/configs/prior_6d_light.py --config.data.path=DIR

Expected in nats per dimension on test people, when DIR is CMU motion capture as in the card of
cmu-6d-light: this prior -0.557, the mean of two seeds; the Gaussian -0.446, the mixture of 8
-0.466. On validation people: -0.622, -0.520, -0.571.
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    config = base.prior(preset="light", space="6d")
    config.steps = 5_000
    config.optimizer.learning_rate = 4e-3
    return config
