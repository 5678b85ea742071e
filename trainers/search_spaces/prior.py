r"""A prior's kind, depth, width and learning rate.

Run: python -m tools.tune --config=trainers/configs/prior_6d_realnvp.py \
    --space=trainers/search_spaces/prior.py --oracle=bayesian \
    --config.data.path=MOCAP --directory=search

σ stays the config's: likelihoods at different σ cannot be compared (`prior_sigma`).
"""

from trainers.configs import base


def choose(hp, config):
    """Changes the config."""
    kind = hp.Choice("kind", ["light", "realnvp"])
    sigma = config.prior.sigma
    config.prior = base.prior(kind, config.prior.space).prior
    config.prior.sigma = sigma
    options = config.prior.options
    with hp.conditional_scope("kind", ["light"]):
        if kind == "light":
            options.num_steps = hp.Int("light_steps", 4, 16, step=2)
            options.num_joint_steps = hp.Int("light_joint_steps", 8, 28, step=4)
    with hp.conditional_scope("kind", ["realnvp"]):
        if kind == "realnvp":
            options.num_steps = hp.Int("realnvp_steps", 2, 8)
            width = hp.Choice("width", [64, 128, 256])
            options.hidden_units = (width, width)
            options.dropout = hp.Choice("dropout", [0.0, 0.1])
    optimizer = config.optimizer
    optimizer.learning_rate = hp.Float("learning_rate", 5e-4, 1.6e-2, sampling="log")
