"""Prepares 3DPW: the work of `tools.prepare_threedpw`."""

import argparse
import functools
from pathlib import Path
from typing import Any

from hps_tf.cli import progress
from hps_tf.data.datasets.preparation import prepare
from hps_tf.data.datasets.threedpw_adapter import ThreeDPW
from hps_tf.data.images import image_manifest, lens
from tools import joint_fitter


def run(args: argparse.Namespace) -> None:
    """Prepares what the arguments of `tools.prepare_threedpw` say.

    Raises:
      InputError: If something of the input cannot be used.
    """
    with progress.bar(None, "sequence") as shown:
        adapter = ThreeDPW(
            args.input,
            functools.partial(joint_fitter.load, "smpl24"),
            args.image_size,
            body_files=args.body,
            skip_bad=args.skip_bad,
            read=shown.update,
        )
        shown.total = sum(map(len, adapter.splits().values()))
        manifest = prepare(
            adapter, args.output, settings=_settings(args), max_processes=args.workers
        )
    print(
        image_manifest.table(manifest, list(adapter.splits()), "all of it was left out, see above")
    )
    print(f"{args.output}: written, with {image_manifest.MANIFEST}")
    if args.body:
        print(
            "poses and shapes are of SMPL: trainers.train takes them with"
            " --config.network.body=SMPL_FILE, tools.evaluate network with --body SMPL_FILE"
        )


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    """Returns what decides the output beside the sequences, as the manifest keeps it."""
    return {
        "format": "3dpw",
        "margin": lens.MARGIN,
        "body_files": Path(args.body).name if args.body else None,
        "prior": None if args.body else joint_fitter.PRIOR,
    }
