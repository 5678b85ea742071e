"""A light 6D prior learns from another one's samples; needs no data.

Run: python -m trainers.train --config=trainers/configs/prior_student.py

The prior that comes with the package draws poses; a new one of the same kind is trained on them
and compared with it on fresh samples. Results: runs/prior_student/summary.json and
runs/prior_student/pictures/samples.png.

Expected after 4 minutes on two busy cores, in nats per dimension: on fresh samples the new prior
-0.579, its teacher -0.592; on validation the new prior -0.579, the mixture of 8 -0.514, the
Gaussian -0.477.
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    config = base.prior(preset="light", space="6d")
    config.task = "prior_student"
    config.data = {
        "teacher": "cmu-6d-light",  # A pretrained prior, or the path of one.
        "num_samples": 20_000,
        "mixture_poses": 20_000,
    }
    config.steps = 2_500
    config.log_every = 250
    config.validate_every = 500
    config.checkpoint_every = 250
    config.optimizer.warmup_steps = 200
    config.optimizer.average_decay = 0.99
    return config
