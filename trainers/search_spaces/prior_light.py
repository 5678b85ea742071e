"""The light prior: how many steps, and how fast it learns.

Run: python -m tools.tune --config=trainers/configs/prior_light.py \
    --space=trainers/search_spaces/prior_light.py --oracle=hyperband \
    --config.data.path=MOCAP --directory=search

σ stays the config's: likelihoods at different σ cannot be compared.
"""


def choose(hp, config):
    """Changes the config."""
    config.prior.options.num_steps = hp.Int("num_steps", 4, 16, step=2, default=12)
    config.prior.options.num_joint_steps = hp.Int("num_joint_steps", 8, 28, step=4, default=20)
    optimizer = config.optimizer
    optimizer.learning_rate = hp.Float("learning_rate", 1e-3, 1.6e-2, sampling="log", default=4e-3)
    optimizer.warmup_steps = hp.Choice("warmup_steps", [50, 200], default=200)
    optimizer.average_decay = hp.Choice("average_decay", [0.98, 0.99, 0.995], default=0.995)
    config.batch_size = hp.Choice("batch_size", [128, 256, 512], default=256)
    config.data.limb_swapping = hp.Float("limb_swapping", 0.1, 0.7, default=0.4)
    config.data.joint_mixing = hp.Float("joint_mixing", 0.05, 0.45, default=0.15)
