r"""The prior's σ: a sweep to look at, not one to take the best of.

Run: python -m tools.tune --config=trainers/configs/prior_6d_light.py \
    --space=trainers/search_spaces/prior_sigma.py --max_trials=5 \
    --config.data.path=MOCAP --directory=sweep

A likelihood at a smaller σ is a density of other, sharper data: it is higher whether the prior has
become better or not. So the search's order says nothing. Finish the runs (the command of each is
`trainers.train --config=DIR/runs/TRIAL/config.json --workdir=DIR/runs/TRIAL/run`) and compare what
does not depend on σ: `tools.evaluate energy`, or the fits of `tools.reproduce table1`.
"""


def choose(hp, config):
    """Changes the config."""
    config.prior.sigma = hp.Choice("sigma", [0.02, 0.03, 0.05, 0.1, 0.15])
