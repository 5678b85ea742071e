r"""The paper's curriculum on Human3.6M and COCO together (section 2.3).

First L_total on both, each image with the labels that it has; then L_ws.

Run: python -m trainers.train --config=trainers/configs/joint_coco_h36m.py \
    --config.data.human36m.path=data/human36m --config.data.coco.path=data/coco \
    --config.strategy=mirrored

Written for GPUs, from the paper; this project has had neither dataset to run it on.
"""

from trainers.configs import base, supervised


def get_config():
    """The experiment's settings."""
    config = supervised.get_config()
    config.data.coco = base.source()
    config.data.coco.validation_split = "test"
    config.data.coco.labels = "2d"
    config.curriculum = ("total", "weak")
    config.phases = {
        "total": {
            "share_of_steps": 0.7,
            "ground_truth_evidence": 0.3,
            "data": {"human36m": 0.5, "coco": 0.5},
            "weights": base.weights(supervised=True),
        },
        "weak": {
            "share_of_steps": 0.3,
            "ground_truth_evidence": 0.0,
            "data": {"human36m": 0.25, "coco": 0.75},
            "weights": base.weights(supervised=False),
        },
    }
    return config
