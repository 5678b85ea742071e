"""The command line of `trainers.train`: a config, its overrides, and the run directory."""

import argparse
import difflib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from absl import flags
from ml_collections import ConfigDict, config_flags

from hps_tf.cli import command, environment
from hps_tf.errors import InputError
from trainers import old_settings, user_code

CONFIGS = Path(__file__).parent / "configs"
_DEFAULT_CONFIG = CONFIGS / "quickstart.py"

_SETTING = re.compile(r"--?(?:no)?config\.([^=]*)")

_DESCRIPTION = """\
Trains a model. Without arguments: the quickstart, which needs no data and takes minutes.

Any setting of the config can be overridden: --config.NAME=VALUE, for example
  python -m trainers.train --config=prior_6d_light --config.data.path=MOCAP_DIR \\
      --config.optimizer.learning_rate=3e-4 --workdir=runs/light
and --print_config lists them all with their values.

The same command run again resumes the run (SIGTERM and Ctrl-C save a checkpoint first, exit code
128 + signal; a killed run resumes from its last checkpoint). The run directory holds config.json
(replay it with --config), log.jsonl, summary.json, tensorboard/, checkpoints/ and the trained
weights.
"""


class Arguments(NamedTuple):
    """The parsed command line: what to train and where to keep it.

    Attributes:
      config: The resolved config, locked.
      workdir: The run directory.
      until: The step to pause at, before the results are made; None: when training is finished.
      print_config: Whether to print the settings and train nothing.
    """

    config: ConfigDict
    workdir: Path
    until: int | None
    print_config: bool = False


def parse(argv: Sequence[str]) -> Arguments:
    """Reads the command line.

    Args:
      argv: The arguments, without the program's name.

    Raises:
      InputError: If an argument, the config file or an override cannot be used.
    """
    parser = _Parser(
        prog="python -m trainers.train",
        description=_DESCRIPTION,
        epilog=f"configs: {', '.join(_names_of_configs())} (in {CONFIGS})",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--config",
        type=command.path,
        default=_DEFAULT_CONFIG,
        metavar="FILE",
        help="the name of a config below, an experiment of your own (.py), or the config.json of a "
        "run to replay; default: quickstart",
    )
    parser.add_argument(
        "--workdir",
        type=command.path,
        metavar="DIR",
        help="the run directory; default: runs/CONFIG",
    )
    parser.add_argument(
        "--until",
        type=int,
        metavar="STEP",
        help="save a checkpoint at this step, or when validation has stopped improving, and exit; "
        "rerun without --until to finish the run",
    )
    parser.add_argument(
        "--print_config",
        action="store_true",
        help="print all settings with their values, overrides applied, and exit",
    )
    known, overrides = parser.parse_known_args(argv)
    if known.until is not None and known.until < 1:
        raise InputError(f"--until: expected a step above 0, received {known.until}")
    for text in overrides:
        if re.match(r"--?[A-Za-z]", text) and not _SETTING.match(text):
            raise InputError(f"unknown argument {text.partition('=')[0]} (see --help)")
    file = find(known.config)
    environment.import_quietly()  # Configs import what they name.
    config = override(load(file), overrides)
    workdir = known.workdir or Path("runs") / file.stem
    return Arguments(config.lock(), workdir, known.until, known.print_config)


def find(path: Path) -> Path:
    """Finds a config by path, or by the name of one that is installed.

    Args:
      path: A file; or ``NAME``, ``NAME.py`` or ``trainers/configs/NAME.py`` from anywhere.

    Raises:
      InputError: If there is neither.
    """
    if path.is_file():
        return path
    installed = CONFIGS / f"{path.name.removesuffix('.py')}.py"
    is_name = path.parent in (Path(), Path("trainers/configs"))
    if is_name and installed.name in _names_of_configs():
        return installed
    names = ", ".join(Path(name).stem for name in _names_of_configs())
    raise InputError(f"--config: expected a file or one of {names}, received {path}")


def load(path: Path) -> ConfigDict:
    """Loads a config from a Python file with `get_config()` or a resolved config.json.

    Raises:
      InputError: If the file is missing or does not yield a config.
    """
    path = find(path)
    config = _load_json(path) if path.suffix == ".json" else _load_python(path)
    if not isinstance(config, ConfigDict):
        raise InputError(
            f"{path}: expected a ConfigDict of get_config(), received {type(config).__name__}"
        )
    return config


def override(config: ConfigDict, overrides: Sequence[str]) -> ConfigDict:
    """Applies ``--config.a.b=value`` arguments; refuses all others.

    Raises:
      InputError: If there is no such setting, a value is of another type, or an argument is none.
    """
    names = [name for name, _ in flatten(config)]
    overrides = [old_settings.argument(text) for text in overrides]
    for argument in overrides:
        if setting := _SETTING.match(argument):
            _check_name(setting[1], names)
    values = flags.FlagValues()
    argv = ["trainers.train", *overrides]
    config_flags.DEFINE_config_dict("config", config, flag_values=values, sys_argv=argv)
    try:
        _, *leftover = values(argv)
    except flags.UnrecognizedFlagError as error:
        raise InputError(f"unknown argument --{error.flagname} (see --help)") from error
    except flags.IllegalFlagValueError as error:
        raise InputError(str(error).removeprefix("flag ")) from error
    except flags.Error as error:
        raise InputError(str(error)) from error
    if leftover:
        raise InputError(f"arguments left over: {' '.join(leftover)} (see --help)")
    return _expanded(values.config)


def flatten(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yields every setting of a nested config as (dotted name, value)."""
    for key, value in config.items():
        if isinstance(value, Mapping | ConfigDict):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _expanded(config: ConfigDict) -> ConfigDict:
    """The config with ``~`` for the home directory in its paths, of which several have commas."""
    for key, value in config.items():
        if isinstance(value, ConfigDict):
            _expanded(value)
        elif isinstance(value, str) and "~" in value:
            config[key] = ",".join(os.path.expanduser(part) for part in value.split(","))
    return config


class _Parser(argparse.ArgumentParser):
    """Reports a wrong argument as `InputError` instead of printing the usage."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see --help)")


def _names_of_configs() -> list[str]:
    no_experiments = ("__init__", "base")
    return sorted(path.name for path in CONFIGS.glob("*.py") if path.stem not in no_experiments)


def _load_python(path: Path) -> object:
    get_config = user_code.load(path, "get_config", "a config file")
    with user_code.blaming(path):
        return get_config()


def _load_json(path: Path) -> ConfigDict:
    try:
        settings = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not valid JSON: {error.msg}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(settings, dict):
        raise InputError(
            f"{path}: expected an object of settings, received {json.dumps(settings)[:40]}"
        )
    try:
        return ConfigDict(old_settings.upgraded(_lists_to_tuples(settings)))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: not a config: {error}") from error


def _lists_to_tuples(value: Any) -> Any:
    """JSON knows no tuples and configs hold no lists."""
    if isinstance(value, dict):
        return {key: _lists_to_tuples(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return tuple(_lists_to_tuples(entry) for entry in value)
    return value


def _check_name(name: str, names: Sequence[str]) -> None:
    if name in names:
        return
    near = difflib.get_close_matches(name, names, n=1) or [
        known for known in names if known.rpartition(".")[2] == name.rpartition(".")[2]
    ]
    hint = f"did you mean --config.{near[0]}?" if near else f"there are {', '.join(names)}"
    raise InputError(f"--config.{name}: no such setting; {hint}")
