"""The quickstart: the whole system at its smallest; needs no data.

Run: python -m trainers.train

It draws people in poses of the pretrained prior. From their keypoints alone, without images, the
lifting module learns which pose keypoints show. It renders people in two styles, "labelled" with 3D
labels and "weak" with keypoints and body parts alone, and computes once what MoveNet, the embedded
keypoint network, finds in them. Over that it trains the part module and the lifting module, fully
supervised on the labelled images, then weakly supervised on both. It measures the network on
validation images of both, draws some, and writes a SavedModel. Results: runs/quickstart/.

Expected on validation images (summary.json), in 8 CPU-minutes:

                            labelled images               weak images
                            MPJPE   PA      part IoU      MPJPE   PA      part IoU
    the likeliest pose      268 mm  125 mm                310 mm  116 mm
    untrained               275 mm  127 mm                315 mm  118 mm
    after the first phase   119 mm   86 mm  0.358         187 mm   97 mm  0.239
    after both              119 mm   86 mm  0.364         184 mm   98 mm  0.241

The weak images are at night and in gaudy colours, where MoveNet, which is not trained here, errs by
17 of 256 pixels. So few images show that everything works, not what the network can do.
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    config = base.network("photo")
    config.task = "quickstart"
    config.lifting = {
        "steps": 2_000,
        "batch_size": 256,
        "num_train": 12_288,  # Poses.
        "num_validation": 1_024,
    }
    config.data = {"labelled": _source("a", seed=0), "weak": _source("b", seed=1)}
    config.data.weak.labels = "2d"
    config.measured = ("labelled", "weak")
    config.views = 1
    config.curriculum = ("supervised", "weak")
    config.phases.supervised.share_of_steps = 0.6
    config.phases.supervised.ground_truth_evidence = 0.0
    config.phases.supervised.weights = _weights()
    config.phases.weak = {
        "share_of_steps": 0.4,
        "ground_truth_evidence": 0.0,
        "data": {"labelled": 0.5, "weak": 0.5},
        "weights": _weights(),
    }
    config.steps = 500
    config.batch_size = 16
    config.log_every = 50
    config.checkpoint_every = 100
    config.validate_every = 300  # At the end of each phase.
    config.patience = 0
    # Few images in all: less is learned from each that is changed much.
    config.augmentation.rotation = 0.25
    config.augmentation.occluders = config.augmentation.background = 0.15
    config.optimizer.learning_rate = 1e-3
    config.optimizer.warmup_steps = 50
    config.optimizer.final_fraction = 0.05
    config.optimizer.clip_norm = 5.0
    config.optimizer.average_decay = 0.98
    return config


def _weights():
    weights = base.weights(supervised=True)
    del weights.heatmaps  # The front end's are not trained.
    return weights


def _source(style: str, seed: int):
    source = base.source()
    source.max_validation = 64
    source.render = {"style": style, "seed": seed, "num_train": 1_500, "num_validation": 64}
    return source
