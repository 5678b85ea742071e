"""The files of trained models in the directories of training runs."""

from collections.abc import Mapping
from pathlib import Path

from hps_tf.errors import InputError

#: What a run's file holds, by name.
KINDS = {
    "prior.npz": "a prior",
    "network.npz": "a network",
    "lifting.npz": "a lifting network",
}
_CONFIG = "config.json"


def file(directory: Path, name: str, instead: Mapping[str, str] | None = None) -> Path:
    """Gives the path of a trained model.

    Args:
      directory: A run's directory.
      name: A name in `KINDS`.
      instead: Advice for runs of other kinds, by their files' names; ends the message.

    Raises:
      InputError: If there is no such file; says what the directory is instead.
    """
    if (directory / name).is_file():
        return directory / name
    if not directory.is_dir():
        received = "a file" if directory.exists() else "no such directory"
        raise InputError(
            f"{directory}: expected the directory of a training run, received {received}"
        )
    expected = f"{directory}: expected the run of {KINDS[name]} ({name})"
    for other, kind in KINDS.items():
        if (directory / other).is_file():
            hint = (instead or {}).get(other)
            raise InputError(f"{expected}, received that of {kind}{f'; {hint}' if hint else ''}")
    if (directory / _CONFIG).is_file():
        raise InputError(
            f"{expected}, received a run that is not finished; resume it with the command that"
            " began it"
        )
    raise InputError(f"{expected}, received another directory")


def not_a_file(directory: Path, kind: str) -> InputError:
    """Makes the error about a directory where the file of a trained model is expected.

    Args:
      directory: The directory.
      kind: The expected kind, e.g. ``"a prior"``.
    """
    message = f"{directory}: expected {kind} (.npz), received a directory"
    found = [name for name in KINDS if (directory / name).is_file()]
    if not found:
        return InputError(message)
    path = directory / found[0]
    if KINDS[found[0]] == kind:
        return InputError(f"{message}; give its file {path}")
    return InputError(f"{message}, with {KINDS[found[0]]} in it ({path})")
