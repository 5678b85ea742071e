r"""Weak supervision on videos: L_ws with smoothness over windows of frames (Eq. 12).

The images of the dataset are videos, their frames one after the other, as `tools.prepare_human36m`,
`prepare_threedpw` and `prepare_synthetic --sequences` write them.

Run: python -m trainers.train --config=trainers/configs/video_refine.py \
    --config.network.start_from=runs/weak/network.npz --config.data.videos.path=data/videos \
    --config.strategy=mirrored

Written for GPUs; windows of 4, 8 or 16 by --config.window.
"""

from trainers.configs import base, weak


def get_config():
    """The experiment's settings."""
    config = weak.get_config()
    config.data = {"videos": base.source()}
    config.data.videos.validation_split = "test"
    config.data.videos.labels = "2d"
    config.phases.weak.data = {"videos": 1.0}
    config.phases.weak.weights.smoothness = 0.5
    config.window = 8
    config.steps = 50_000
    return config
