r"""The small network on the synthetic images of one directory, fully, then weakly supervised.

Prepare: python -m tools.prepare_synthetic --output data/synthetic --num_images 10000

Run: python -m trainers.train --config=trainers/configs/synthetic.py --workdir=runs/network

Takes what was prepared as it is; images elsewhere are named by --config.data.synthetic.path=DIR.
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    config = base.network("small")
    config.data = {"synthetic": base.source()}
    config.data.synthetic.path = "data/synthetic"
    config.data.synthetic.max_validation = 192
    config.measured = ("synthetic",)
    config.curriculum = ("supervised", "weak")
    config.phases.supervised.share_of_steps = 0.8
    config.phases.supervised.data = {"synthetic": 1.0}
    config.phases.weak = {
        "share_of_steps": 0.2,
        "ground_truth_evidence": 0.0,
        "data": {"synthetic": 1.0},
        "weights": base.weights(supervised=False),
    }
    config.steps = 6_000
    config.batch_size = 16
    config.log_every = 200
    config.validate_every = 1_000
    config.checkpoint_every = 500
    config.patience = 0
    config.augmentation.rotation = 0.35
    config.augmentation.occluders = 0.2
    config.optimizer.learning_rate = 2e-3
    config.optimizer.warmup_steps = 200
    config.optimizer.average_decay = 0.99
    return config
