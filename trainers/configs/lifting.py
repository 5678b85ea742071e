"""The lifting network: 17 keypoints to a body, learnt from motion capture alone.

Run: python -m trainers.train --config=trainers/configs/lifting.py --config.data.path=DIR,DIR
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    return base.lifting()
