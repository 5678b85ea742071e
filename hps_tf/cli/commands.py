"""The subcommands of the console command `hps`.

Each is a module of this package with ``main(arguments, program)``, where `program` is what messages
begin with: ``hps fit``, or ``tools.fit`` from a checkout. Its import does not import TensorFlow.
"""

import importlib
from collections.abc import Sequence
from typing import NoReturn

from hps_tf.cli import command

#: What each subcommand does, by the name of its module.
COMMANDS = {
    "photo": "find everybody in photographs and videos, and make their bodies",
    "fit": "fit bodies to people of whom keypoints or part maps are known",
    "prior": "recover poses from joints that are noisy, hidden or few, under a prior",
    "evaluate": "measure priors, networks and detectors on held-out data",
    "predict": "ask a model server for the people in photographs",
    "view": "show the people of a result, or the poses of a prior, in a browser",
    "convert": "write the people of a result as GLB, BVH, SMPL-style npz, COCO, CSV or OBJ",
    "render": "draw priors, bodies, labelled images and what networks find",
}


def run(name: str, program: str, arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a subcommand and exits.

    Args:
      name: A name of `COMMANDS`.
      program: How the user called it; begins its messages.
      arguments: The arguments after the name; those of the process by default.
    """
    module = importlib.import_module(f"hps_tf.cli.{name}")
    command.run(lambda: module.main(arguments, program), program)
