r"""The paper's network, fully supervised (section 2.3, L_total on Human3.6M).

Prepare: python -m tools.prepare_human36m --help. Images should be prepared at 368 pixels or more.

Run: python -m trainers.train --config=trainers/configs/supervised.py \
    --config.data.human36m.path=data/human36m --config.strategy=mirrored

Written for GPUs, from the paper; this project has had no Human3.6M to run it on.
"""

from trainers.configs import base


def get_config():
    """The experiment's settings."""
    config = base.network("paper")
    config.data = {"human36m": base.source()}
    config.data.human36m.validation_split = "test"
    config.phases.supervised.data = {"human36m": 1.0}
    config.xla = True
    config.precision = "mixed_bfloat16"
    config.steps = 300_000
    config.batch_size = 32
    config.log_every = config.checkpoint_every = 1_000
    config.validate_every = 5_000
    config.patience = 0
    config.optimizer.learning_rate = 3e-4
    config.optimizer.warmup_steps = 2_000
    config.optimizer.average_decay = 0.999
    return config
