"""A masked autoregressive flow, for comparison, over 6D poses.

Run: python -m trainers.train --config=trainers/configs/prior_6d_maf.py --config.data.path=DIR

Expected in nats per dimension on test people, when DIR is CMU motion capture as in the card of
cmu-6d-realnvp: -0.531 after 1,500 of the 4,000 steps, which is worse than RealNVP's -0.566; no run
has gone on to the end.
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    return base.prior(preset="maf", space="6d")
