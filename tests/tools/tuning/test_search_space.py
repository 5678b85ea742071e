import re
from pathlib import Path

import keras_tuner
import pytest

import trainers
from hps_tf.errors import InputError
from tools.tuning.search_space import SearchSpace
from trainers import arguments

SPACES = Path(trainers.__file__).parent / "search_spaces"

REFUSED = {
    "unknown setting": ("config.stepz = hp.Int('a', 1, 2)", "space.py:2: AttributeError"),
    "wrong type": ("config.steps = hp.Choice('a', ['b'])", "space.py:2: TypeError"),
    "out of range": ("config.steps = hp.Int('a', 0, 2)", "config.steps: expected a number above 0"),
    "bad bounds": ("hp.Float('a', 2.0, 1.0, sampling='log', step=-1)", "space.py:2: ValueError"),
    "nothing asked": ("pass", "must ask hp for at least one value"),
    "fixed setting": ("config.steps = hp.Int('a', 7, 9)", "config.steps must stay 90 here"),
}


def _space(tmp_path, line, config, fixed=("steps",)):
    path = tmp_path / "space.py"
    path.write_text(f"def choose(hp, config):\n    {line}\n")
    return SearchSpace(path, config, fixed)


@pytest.mark.parametrize(("line", "message"), REFUSED.values(), ids=REFUSED)
def test_a_bad_space_is_refused(line, message, config, tmp_path):
    with pytest.raises(InputError, match=re.escape(message)):
        _space(tmp_path, line, config)


def test_a_file_without_the_function_or_syntax_is_refused(config, tmp_path):
    path = tmp_path / "space.py"
    with pytest.raises(InputError, match="--space: there is no file"):
        SearchSpace(path, config)
    path.write_text("chose = 1\n")
    with pytest.raises(InputError, match=r"space\.py: a search space must define choose\(\)"):
        SearchSpace(path, config)
    path.write_text("def choose(hp, config:\n")
    with pytest.raises(InputError, match=r"space\.py:1: "):
        SearchSpace(path, config)


def test_values_become_a_config_and_leave_the_base_as_it_is(config, tmp_path):
    space = _space(tmp_path, "config.x = hp.Float('x', 0.0, 1.0)", config)
    hp = keras_tuner.HyperParameters()
    hp.values = {"x": 0.25}
    assert space.config(hp).x == 0.25
    assert config.x == 0.5
    assert space.config(keras_tuner.HyperParameters()).x == 0.0


CASES = {
    "prior_light": ["prior_light", "prior_6d_light"],
    "prior": ["prior_light", "prior_6d_realnvp"],
    "prior_sigma": ["prior_light"],
    "loss_weights": ["network_small", "joint_coco_h36m", "supervised"],
    "network": ["network_small", "supervised"],
}


def test_every_space_of_the_package_is_tried_here():
    assert {path.stem for path in SPACES.glob("*.py")} - {"__init__"} == set(CASES)


@pytest.mark.parametrize(
    ("name", "config"), [(name, config) for name, configs in CASES.items() for config in configs]
)
def test_spaces_of_the_package_give_configs_at_defaults_and_at_random(name, config):
    space = SearchSpace(
        SPACES / f"{name}.py", arguments.load(arguments.CONFIGS / f"{config}.py").lock()
    )
    oracle = keras_tuner.oracles.RandomSearchOracle(objective="val_loss", max_trials=9, seed=1)
    tuner = keras_tuner.engine.base_tuner.BaseTuner(oracle, space.config)
    assert tuner.hypermodel is not None
    seen = []
    for number in range(6):
        hp = oracle.get_space()
        hp.values = oracle.populate_space(str(number))["values"]
        seen.append(str(space.config(hp).to_dict()))
    assert len(set(seen)) > 1
