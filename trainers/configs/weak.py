r"""The paper's network, weakly supervised after full supervision (section 2.3, L_total then L_ws).

Prepare: python -m tools.prepare_coco --help (with DensePose's masks); images of 368 pixels or more.

Run: python -m trainers.train --config=trainers/configs/weak.py \
    --config.network.start_from=runs/supervised/network.npz \
    --config.data.coco.path=data/coco --config.strategy=mirrored

Written for GPUs, from the paper; this project has had no COCO with DensePose to run it on. A term
`self_keypoint_alignment` or `self_part_alignment` with a weight adds images without any label;
`fitted_vertices` and its like add fits in the loop.
"""

from trainers.configs import base, supervised


def get_config():
    """The experiment's settings."""
    config = supervised.get_config()
    config.data = {"coco": base.source()}
    config.data.coco.validation_split = "test"
    config.data.coco.labels = "2d"
    config.curriculum = ("weak",)
    config.phases = {
        "weak": {
            "share_of_steps": 1.0,
            "ground_truth_evidence": 0.0,
            "data": {"coco": 1.0},
            "weights": base.weights(supervised=False),
        }
    }
    config.steps = 100_000
    config.optimizer.learning_rate = 1e-4
    return config
