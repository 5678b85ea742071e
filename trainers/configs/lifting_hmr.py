r"""HMR's regressor from 17 keypoints: with labels of few, against discriminators (Kanazawa 2018).

An iterative regressor on the layers of the lifting network. Labels are those of lifting_weak.py;
discriminators of joints, pose and shape judge everybody.

Run: python -m trainers.train --config=trainers/configs/lifting_hmr.py --config.data.path=DIR,DIR

The run directory's lifting.npz is measured by python -m tools.evaluate lifting.

Expected of ASF/AMC after 1,500 steps: MPJPE of test people
103 mm from exact keypoints and 145 mm from a detector's
(`python -m tools.reproduce regressors`, which compares it with the others at equal steps).
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    return base.lifting_hmr()
