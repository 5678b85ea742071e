r"""SPIN's regressor from 17 keypoints: with labels of few, and fits in the loop (Kolotouros 2019).

The regressor and the labels of lifting_hmr.py. In every step bodies are fitted to the keypoints
from the network's estimate, and fits that explain the keypoints better are targets.

Run: python -m trainers.train --config=trainers/configs/lifting_spin.py --config.data.path=DIR,DIR

The run directory's lifting.npz is measured by python -m tools.evaluate lifting.

Expected of ASF/AMC after 1,500 steps: MPJPE of test people
94 mm from exact keypoints and 145 mm from a detector's
(`python -m tools.reproduce regressors`, which compares it with the others at equal steps).
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    return base.lifting_spin()
