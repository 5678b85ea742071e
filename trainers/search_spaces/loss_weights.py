r"""The weights of the network's losses, in all phases alike.

Run: python -m tools.tune --config=trainers/configs/network_small.py \
    --space=trainers/search_spaces/loss_weights.py --directory=search \
    --objective=val_mocap_a/pa_mpjpe_mm --config.data.mocap_a.path=…

A loss whose weights change cannot be compared with itself, so the objective is an error in
millimetres: of the first source of the config, which validations measure.
"""

_FACTORS = {"sampling": "log", "default": 1.0}


def choose(hp, config):
    """Changes the config."""
    config.measured = (min(config.data),)
    names = sorted({name for phase in config.phases.values() for name in phase.weights})
    for name in names:
        factor = hp.Float(name, 0.1, 10.0, **_FACTORS)
        for phase in config.phases.values():
            if name in phase.weights:
                phase.weights[name] *= factor
