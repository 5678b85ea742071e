"""The quickstart: the whole system at its smallest; needs no data.

Run: python -m trainers.train

Renders people in two styles of images, "labelled" with 3D labels and "weak" with keypoints and body
parts alone; trains the tiny network fully supervised on the first, then weakly supervised on both;
measures it on validation images of both, draws some, and writes a SavedModel. Results:
runs/quickstart/summary.json, pictures/labelled.png, pictures/weak.png, network.npz, saved_model/.

Expected on validation images, after 8 minutes on two cores (summary.json, "phases"):

                     labelled images                   weak images
                     MPJPE  keypoints  part IoU        MPJPE  keypoints  part IoU
    after the first  215 mm  5.2 px     0.141          246 mm  7.0 px     0.103
    after both       208 mm  5.0 px     0.134          236 mm  6.2 px     0.110

So few images show that everything works and in which direction it goes, not what the network can
do.
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    config = base.network("tiny")
    config.task = "quickstart"
    config.data = {"labelled": _source("a", seed=0), "weak": _source("b", seed=1)}
    config.data.weak.labels = "2d"
    config.measured = "labelled,weak"
    config.curriculum = "supervised,weak"
    config.phases.supervised.share_of_steps = 0.6
    config.phases.weak = {
        "share_of_steps": 0.4,
        "label_evidence": 0.0,
        "data": {"labelled": 0.5, "weak": 0.5},
        "weights": base.weights(supervised=True),
    }
    config.steps = 2_000
    config.batch_size = 16
    config.log_every = 200
    config.validate_every = 400
    config.checkpoint_every = 400
    # Few images in all: less is learned from each that is changed much.
    config.augmentation.rotation = 0.25
    config.augmentation.occluders = config.augmentation.background = 0.15
    config.optimizer.learning_rate = 5e-3
    config.optimizer.warmup_steps = 100
    config.optimizer.final_fraction = 0.05
    config.optimizer.average_decay = 0.99
    return config


def _source(style: str, seed: int):
    source = base.source()
    source.max_validation = 192
    source.render = {"style": style, "seed": seed, "num_train": 3_000, "num_validation": 192}
    return source
