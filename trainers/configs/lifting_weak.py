r"""The lifting network with 3D labels of few, as the paper trains with few (weak supervision).

A quarter of the people of a step move as three subjects do and have labels; all others have their
keypoints alone, and the density of a flow. `config.labels` says how many have labels.

Run: python -m trainers.train --config=trainers/configs/lifting_weak.py --config.data.path=DIR,DIR

The run directory's lifting.npz is measured by python -m tools.evaluate lifting.

Expected of ASF/AMC after 1,500 steps: MPJPE of test people
100 mm from exact keypoints and 144 mm from a detector's
(`python -m tools.reproduce regressors`, which compares it with the others at equal steps).
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    return base.lifting_weak()
