"""Trials whose file a kill or a full disk left damaged: the search continues without them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from hps_tf.io import json_file

_MESSAGE = "its file was damaged"


def replace(directory: Path) -> list[Path]:
    """Puts failed trials without values in the place of damaged ones.

    They stay in the search's count: Keras Tuner names a trial by how many there are before it.

    Args:
      directory: Keras Tuner's, with trial_ID/trial.json and oracle.json.

    Returns:
      The files that were damaged.

    Raises:
      json.JSONDecodeError: If oracle.json is damaged too.
    """
    damaged = [path for path in sorted(directory.glob("trial_*/trial.json")) if not _is_whole(path)]
    oracle = directory / "oracle.json"
    if not damaged or not oracle.exists():
        return damaged
    state = json.loads(oracle.read_text("utf-8"))
    for path in damaged:
        name = path.parent.name.removeprefix("trial_")
        hyperparameters = keras_tuner.HyperParameters()
        if earlier := _grown_from(state, name):
            hyperparameters.values["tuner/trial_id"] = earlier
        trial = Trial(hyperparameters, name, TrialStatus.FAILED, _MESSAGE)
        json_file.write(path, trial.get_state())
        _end(state, name)
    json_file.write(oracle, state)
    return damaged


def _is_whole(path: Path) -> bool:
    try:
        return Trial.load(str(path)).trial_id == path.parent.name.removeprefix("trial_")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return False


def _end(state: dict[str, Any], name: str) -> None:
    """Makes an oracle's state one in which a trial has ended."""
    state["ongoing_trials"] = {
        tuner: trial for tuner, trial in state["ongoing_trials"].items() if trial != name
    }
    state["retry_queue"] = [trial for trial in state["retry_queue"] if trial != name]
    if name not in state["end_order"]:
        state["end_order"].append(name)


def _grown_from(state: dict[str, Any], name: str) -> str | None:
    """Hyperband's shorter trial in whose run directory a trial went on."""
    found = (entry["past_id"] for entry in _entries(state) if entry["id"] == name)
    return next(found, None)


def _entries(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for bracket in state.get("brackets", ()):
        for entries in bracket["rounds"]:
            yield from entries
