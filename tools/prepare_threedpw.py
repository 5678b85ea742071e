r"""Prepares 3DPW for training and evaluation: crops of people with bodies and detected keypoints.

    python -m tools.prepare_threedpw --input 3DPW --output prepared/3dpw

--input is the directory as the official archives unpack, with sequenceFiles/{train,validation,test}
and imageFiles. Frames whose camera was not aligned (campose_valid 0) are left out and counted.
By default the embedded body is fitted to SMPL's joints, from SMPL's pose, one shape per person: the
labels are then of the body that the other data sets are of. With --body they are SMPL's own
parameters, moved into the camera exactly, and all labels are of SMPL: for other programs, since
networks are trained and measured here with the embedded body.
"""

import argparse
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hps_tf.cli import command, progress
from hps_tf.data.datasets.preparation import prepare
from hps_tf.data.datasets.threedpw_adapter import ThreeDPW
from hps_tf.data.images import image_manifest, lens
from hps_tf.errors import InputError
from tools import crop_options, joint_fitter


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command with the given arguments, by default those of the process."""
    args = _parse(arguments)
    _check(args)
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
            "poses and shapes are of SMPL: trainers.train and tools.evaluate network take those of"
            " the embedded body, which are made without --body"
        )


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools.prepare_threedpw",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--input",
        type=command.path,
        required=True,
        help="directory with sequenceFiles and imageFiles",
    )
    add(
        "--body",
        type=command.name_or_path,
        metavar="SMPL_FILE",
        help="SMPL's model files, with {gender} where they have m or f, such as"
        " 'smpl/basicmodel_{gender}_lbs_10_207_0_v1.1.0.pkl', or {GENDER} for MALE or FEMALE",
    )
    crop_options.add_arguments(parser)
    return parser.parse_args(arguments)


def _check(args: argparse.Namespace) -> None:
    crop_options.check(args)
    if args.body and not any(place in args.body for place in ("{gender}", "{GENDER}")):
        raise InputError(f"--body: expected a path with {{gender}}, received {args.body}")
    if not (args.input / "imageFiles").is_dir():
        raise InputError(f"{args.input}: expected a directory imageFiles, received none")


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    """Returns what decides the output beside the sequences, as the manifest keeps it."""
    return {
        "format": "3dpw",
        "margin": lens.MARGIN,
        "body_files": Path(args.body).name if args.body else None,
        "prior": None if args.body else joint_fitter.PRIOR,
    }


if __name__ == "__main__":
    command.run(main, "tools.prepare_threedpw")
