"""Options that mean the same in all programs, as parent parsers of argparse.

    parser = argparse.ArgumentParser(parents=[options.prior(), options.motion(), options.json()])

``--run DIR`` is a training run, in place of ``--prior``, ``--network`` or ``--lifting``, which take
the name of a pretrained model or a file. ``--data`` is what was prepared, ``--output`` what is
written, ``--json FILE`` the same figures as the table that is printed.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hps_tf.cli import command
from hps_tf.errors import InputError
from hps_tf.io import json_file

#: The pretrained prior that programs use where none is named, as `hps_tf.fitting.fit` does.
DEFAULT_PRIOR = "cmu-6d-light"

_PACKAGE = Path(__file__).parents[1]


def prior(*, default: str | None = None) -> argparse.ArgumentParser:
    """``--prior NAME|FILE`` or ``--run DIR``; one must be given unless there is a default."""
    text = "name of a pretrained prior, or path of a prior.npz"
    return _model("prior", f"{text}; pretrained: {_pretrained('priors')}", default)


def network(*aliases: str) -> argparse.ArgumentParser:
    """``--network NAME|FILE`` or ``--run DIR``, one of which must be given.

    Args:
      *aliases: Earlier spellings of ``--network``.
    """
    text = "name of a pretrained network, or path of a network.npz"
    return _model("network", f"{text}; pretrained: {_pretrained('models')}", None, aliases)


def lifting() -> argparse.ArgumentParser:
    """``--lifting NAME|FILE`` or ``--run DIR``, one of which must be given."""
    return _model(
        "lifting",
        "name of a pretrained network with a lifting module, or path of a lifting.npz; pretrained: "
        + _pretrained("models"),
        None,
    )


def motion(*, required: bool = True) -> argparse.ArgumentParser:
    """``--data DIR [DIR ...]``: prepared motion, of which commas may take the place of spaces."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "--data",
        type=command.paths,
        action=_Flat,
        nargs="+",
        required=required,
        metavar="DIR",
        help="prepared motion (tools.prepare_mocap), one directory or more; a clip named in an"
        " earlier one is skipped",
    )
    return parser


def images(*, split: str) -> argparse.ArgumentParser:
    """``--data DIR`` and ``--split``: prepared images.

    Args:
      split: The split by default.
    """
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "--data",
        type=command.path,
        required=True,
        metavar="DIR",
        help="prepared images (tools.prepare_synthetic, tools.prepare_coco, ...)",
    )
    parser.add_argument("--split", default=split, help="(default %(default)s)")
    return parser


def json() -> argparse.ArgumentParser:
    """``--json FILE``, for `write_json`."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--json", type=command.path, metavar="FILE", help="figures to write")
    return parser


def check_files(arguments: argparse.Namespace, names: Sequence[str] = ("json",)) -> None:
    """Checks, before anything is computed, that files can be written in the end.

    Args:
      arguments: The parsed arguments.
      names: The options that name a file.

    Raises:
      InputError: If the directory of one is missing.
    """
    for name in names:
        path = getattr(arguments, name)
        if path is not None and not path.parent.is_dir():
            raise InputError(f"--{name} {path}: there is no directory {path.parent}")


def write_json(arguments: argparse.Namespace, figures: dict[str, Any]) -> None:
    """Writes the figures where ``--json`` says, if it was given."""
    if arguments.json is not None:
        json_file.write(arguments.json, figures)


class _Flat(argparse.Action):
    """Joins the lists that the option's values are."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        setattr(namespace, self.dest, [path for paths in values for path in paths])


def _model(
    name: str, text: str, default: str | None, aliases: Sequence[str] = ()
) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    group = parser.add_mutually_exclusive_group(required=default is None)
    group.add_argument(
        f"--{name}",
        *aliases,
        dest=name,
        type=command.name_or_path,
        default=default,
        metavar="NAME|FILE",
        help=text + (f" (default {default})" if default else ""),
    )
    group.add_argument(
        "--run", type=command.path, metavar="DIR", help="directory of a training run"
    )
    return parser


def _pretrained(package: str) -> str:
    """The names in `list_pretrained` of a package, which is not imported."""
    names = sorted(path.stem for path in (_PACKAGE / package / "pretrained").glob("*.npz"))
    return ", ".join(names) or "none"
