r"""The network for photographs: MoveNet's keypoints, the lifting module, and a part module.

Prepare the images (MOCAP: directories of tools.prepare_mocap, with commas between):

    S="--image_size 256 --body 3000 --data MOCAP --splits train=0.9,val=0.04,test=0.06"
    python -m tools.prepare_synthetic --output data/a --num_images 3000 --style a --seed 21 $S
    python -m tools.prepare_synthetic --output data/b --num_images 3000 --style b --seed 22 $S

Run: python -m trainers.train --config=trainers/configs/photo.py --config.data.a.path=data/a \
    --config.data.b.path=data/b --config.network.lifting=runs/lifting/lifting.npz

The part module alone is trained: keypoints and features are MoveNet's, frozen, and the lifting
module is that of trainers/configs/lifting.py. What MoveNet finds in an augmented view of each image
is computed once and kept in the run directory.
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    config = base.network("photo")
    config.network.trained = ("parts",)
    config.data = {"a": base.source(), "b": base.source()}
    config.curriculum = ("parts",)
    config.phases = {
        "parts": {
            "share_of_steps": 1.0,
            "ground_truth_evidence": 0.0,
            "data": {"a": 0.5, "b": 0.5},
            "weights": {"part_maps": 1.0},
        }
    }
    config.views = 1
    config.augmentation.rotation = 0.35
    config.augmentation.background = 0.4
    config.steps = 6_000
    config.batch_size = 16
    config.steps_per_call = 50
    config.log_every = 200
    config.validate_every = 1_000
    config.checkpoint_every = 1_000
    config.patience = 0
    config.optimizer.learning_rate = 4e-3
    config.optimizer.weight_decay = 1e-4
    config.optimizer.clip_norm = 5.0
    for source in config.data.values():
        source.max_validation = 240
    return config
