r"""Prepares 3DPW for training and evaluation: crops of people with bodies and detected keypoints.

    python -m tools.prepare_threedpw --input 3DPW --output prepared/3dpw

--input is the directory as the official archives unpack, with sequenceFiles/{train,validation,test}
and imageFiles. Frames whose camera was not aligned (campose_valid 0) are left out and counted.
By default the embedded body is fitted to SMPL's joints, from SMPL's pose, one shape a person: the
labels are then of the body that the other data sets are of. With --body they are SMPL's own
parameters, moved into the camera exactly, and all labels are of SMPL: for other programs, since
networks are trained and measured here with the embedded body.
"""

import argparse
import collections
import functools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from hps_tf import priors
from hps_tf.body import BodyModel
from hps_tf.cli import command, progress
from hps_tf.data.datasets import threedpw
from hps_tf.data.datasets.threedpw import NUM_SHAPE, Person
from hps_tf.data.datasets.threedpw_examples import ExampleMaker, Track
from hps_tf.data.images import camera_frame, image_dataset, lens, posed_examples
from hps_tf.data.images.image_example import ImageExample
from hps_tf.errors import InputError
from hps_tf.fitting.joint_3d_fit import Joint3DFitter
from hps_tf.fitting.pose_variables import LatentGaussian
from hps_tf.geometry import axis_angle
from hps_tf.io.process_map import process_map
from tools import crop_options

PRIOR = "cmu-6d-light"

NO_CAMERA = "camera not aligned"
NO_FIT = "no body comes near the joints"
BAD_SEQUENCE = "sequence file damaged"

# Starting a process takes as long as cropping the people of so many sequences.
_SEQUENCES_PER_PROCESS = 2

_LARGEST_ERROR = 0.05  # Metres from SMPL's joints as stored to the model file's.


class Bodies(NamedTuple):
    """Bodies of a person in the world, F frames.

    Attributes:
      model: The body model.
      path: Its file; None for the embedded body.
      pose: `(F, 24, 3)`.
      shape: `(S,)`.
      translation: `(F, 3)`.
      is_good: `(F,)` bool.
    """

    model: BodyModel
    path: str | None
    pose: np.ndarray
    shape: np.ndarray
    translation: np.ndarray
    is_good: np.ndarray


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command with the given arguments, by default those of the process."""
    args = _parse(arguments)
    _check(args)
    found = threedpw.find(args.input)
    dropped: collections.Counter[str] = collections.Counter()
    total = sum(map(len, found.values()))
    with progress.bar(total, "sequence") as shown:
        preparation = _Preparation(args, dropped, shown)
        manifest = image_dataset.write(
            args.output,
            {split: preparation.examples(paths) for split, paths in found.items()},
            image_size=args.image_size,
            num_shape=preparation.num_shape,
            body="smpl" if args.body else "default",
            settings=_settings(args),
            dropped=dropped,
        )
    print(image_dataset.table(manifest, list(found), "all of it was left out, see above"))
    print(f"{args.output}: written, with {image_dataset.MANIFEST}")
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
        "prior": None if args.body else PRIOR,
    }


class _Preparation:
    """Fits or reads bodies and makes examples; counts what is left out."""

    def __init__(self, args: argparse.Namespace, dropped: collections.Counter[str], shown: tqdm):
        self._dropped = dropped
        self._progress = shown
        self._workers = args.workers
        self._skip_bad = args.skip_bad
        self._pattern: str | None = args.body
        self._maker = ExampleMaker(args.input / "imageFiles", args.image_size, args.skip_bad)
        self._body = posed_examples.body_model(None, 0)
        self.num_shape = NUM_SHAPE if args.body else self._body.num_shape

    def examples(self, paths: Sequence[Path]) -> Iterator[ImageExample]:
        """Makes the examples of sequences."""
        num_processes = max(1, min(self._workers, math.ceil(len(paths) / _SEQUENCES_PER_PROCESS)))
        for _, outcome in process_map(self._maker, self._tracks(paths), num_processes):
            self._dropped.update(outcome.dropped)
            yield from outcome.examples

    def _tracks(self, paths: Sequence[Path]) -> Iterator[Track]:
        for path in paths:
            self._progress.update()
            try:
                sequence = threedpw.read(path)
            except InputError:
                if not self._skip_bad:
                    raise
                self._dropped[BAD_SEQUENCE] += 1
                continue
            for index, person in enumerate(sequence.people):
                frames = np.flatnonzero(person.is_valid)
                self._drop(NO_CAMERA, len(person.is_valid) - len(frames))
                if not len(frames):
                    continue
                bodies = self._bodies(person, frames, f"{path}, person {index}")
                kept = bodies.is_good
                self._drop(NO_FIT, int((~kept).sum()))
                if not kept.any():
                    continue
                shape = bodies.shape.astype(np.float32)
                pelvis = bodies.model.joints(shape=shape[None])[0, 0].numpy()
                pose, translation = camera_frame.move_body(
                    bodies.pose[kept],
                    bodies.translation[kept],
                    pelvis,
                    sequence.extrinsics[frames[kept]],
                )
                yield Track(
                    sequence.name,
                    index,
                    sequence.lens,
                    bodies.path,
                    frames[kept],
                    pose,
                    shape,
                    translation,
                    person.keypoints[frames[kept]],
                )

    def _drop(self, reason: str, count: int) -> None:
        if count:
            self._dropped[reason] += count

    def _bodies(self, person: Person, frames: np.ndarray, where: str) -> Bodies:
        if self._pattern is not None:
            return self._read_bodies(person, frames, where)
        rotations = axis_angle.to_matrix(person.pose[frames].astype(np.float32)).numpy()
        shape = _fitter().estimate_shape(person.joints[frames], rotations)
        fit = _fitter().fit(person.joints[frames], shape, rotations)
        return Bodies(self._body, None, fit.pose, shape, fit.translation, fit.is_good)

    def _read_bodies(self, person: Person, frames: np.ndarray, where: str) -> Bodies:
        assert self._pattern is not None  # Or bodies are fitted.
        path = self._pattern.replace("{gender}", person.gender)
        path = path.replace("{GENDER}", {"m": "MALE", "f": "FEMALE"}[person.gender])
        model = posed_examples.body_model(path, NUM_SHAPE)
        if model.num_shape != NUM_SHAPE:
            raise InputError(
                f"{path}: expected {NUM_SHAPE} shape components, received {model.num_shape}"
            )
        joints = model.joints(
            pose=person.pose[frames],
            shape=person.shape[None],
            translation=person.translation[frames],
        ).numpy()
        error = np.linalg.norm(joints - person.joints[frames], axis=2).mean()
        if not error < _LARGEST_ERROR:
            raise InputError(
                f"{where}: expected jointPositions to be those of {path}, received them"
                f" {1000 * error:.0f} mm away"
            )
        is_good = np.ones(len(frames), bool)
        return Bodies(
            model, path, person.pose[frames], person.shape, person.translation[frames], is_good
        )


@functools.cache
def _fitter() -> Joint3DFitter:
    """The fitter; the flow's Gaussian fits joints as well as the flow itself, and faster."""
    prior = priors.load_flow(PRIOR)
    pose = LatentGaussian(prior.references["gaussian"], prior.space)
    return Joint3DFitter(posed_examples.body_model(None, 0), pose, "smpl24")


if __name__ == "__main__":
    command.run(main, "tools.prepare_threedpw")
