r"""The small network on synthetic images, as the pretrained one was trained.

Prepare the images (MOCAP: directories of tools.prepare_mocap, with commas between):

    S="--image_size 128 --splits train=0.92,val=0.04,test=0.04"
    python -m tools.prepare_synthetic --output data/mocap_a --num_images 9000 --style a --seed 10 \
        --data MOCAP $S
    python -m tools.prepare_synthetic --output data/prior_a --num_images 5000 --style a --seed 11 $S
    python -m tools.prepare_synthetic --output data/mocap_b --num_images 5000 --style b --seed 12 \
        --data MOCAP $S

Run: python -m trainers.train --config=trainers/configs/network_small.py \
    --config.data.mocap_a.path=data/mocap_a --config.data.prior_a.path=data/prior_a \
    --config.data.mocap_b.path=data/mocap_b

At first half of the images give the pose module their labels as evidence, then none do. The
pretrained network is of this config as it was before the preset had skip connections.
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    config = base.network("small")
    config.data = {name: base.source() for name in ("mocap_a", "prior_a", "mocap_b")}
    shares = {"mocap_a": 0.5, "prior_a": 0.25, "mocap_b": 0.25}
    config.curriculum = ("labelled_evidence", "own_evidence")
    config.phases = {
        "labelled_evidence": {
            "share_of_steps": 0.7,
            "ground_truth_evidence": 0.5,
            "data": shares,
            "weights": base.weights(supervised=True),
        },
        "own_evidence": {
            "share_of_steps": 0.3,
            "ground_truth_evidence": 0.0,
            "data": shares,
            "weights": base.weights(supervised=True),
        },
    }
    config.measured = ("mocap_a",)
    config.augmentation.rotation = 0.35
    config.augmentation.occluders = 0.2
    config.steps = 8_000
    config.batch_size = 16
    config.log_every = 200
    config.validate_every = 1_000
    config.checkpoint_every = 500
    config.patience = 0
    config.optimizer.learning_rate = 2e-3
    config.optimizer.warmup_steps = 200
    config.optimizer.average_decay = 0.99
    for source in config.data.values():
        source.max_validation = 192
    return config
