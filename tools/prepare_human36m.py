r"""Prepares Human3.6M for training: crops of people with bodies fitted to their captured joints.

    python -m tools.prepare_human36m --input human36m --metadata metadata.xml --output prepared/h36m

--input is a directory as the official archives unpack, with S1, S5, ... S11 and in each
MyPoseFeatures/D3_Positions/*.cdf (or D3_Positions_mono) and Videos/*.mp4; joints of D2_Positions
are compared with the cameras where they are there. Every fifth frame (10 a second) is kept. S1, S5,
S6, S7 and S8 are the split train, S9 and S11 test. The default body is fitted to 17 joints, one
shape a subject; its parts and COCO keypoints are the labels. Lens distortion is taken out.

The official video of S11, Directions, camera 54138969 is damaged: give --skip_bad.
"""

import argparse
import collections
import functools
import hashlib
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from hps_tf import priors
from hps_tf.cli import command, progress
from hps_tf.data.datasets.human36m import frames as videos
from hps_tf.data.datasets.human36m import index_list, metadata, recordings
from hps_tf.data.datasets.human36m.examples import ExampleMaker, View
from hps_tf.data.datasets.human36m.metadata import Metadata
from hps_tf.data.datasets.human36m.recordings import SPLITS, Recording
from hps_tf.data.images import camera_frame, image_dataset, lens, posed_examples
from hps_tf.data.images.image_example import ImageExample
from hps_tf.errors import InputError
from hps_tf.fitting.joint_3d_fit import Joint3DFitter
from hps_tf.fitting.pose_variables import LatentGaussian
from hps_tf.io.process_map import process_map
from tools import crop_options

PRIOR = "cmu-6d-light"

NO_FIT = "no body comes near the joints"
BAD_RECORDING = "recording with joints missing or damaged"

# Starting a process takes as long as cropping the people of so many views.
_VIEWS_PER_PROCESS = 2


class Take(NamedTuple):
    """A recording and what is to be kept of it.

    Attributes:
      recording: The recording.
      frames: `(F,)` numbers of the frames, ascending, from 0.
      joints: `(F, 17, 3)` metres in the world.
      cameras: For each camera, which of the frames, `(F,)` bool.
    """

    recording: Recording
    frames: np.ndarray
    joints: np.ndarray
    cameras: dict[str, np.ndarray]


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command with the given arguments, by default those of the process."""
    args = _parse(arguments)
    _check(args)
    content = args.metadata.read_bytes()
    cameras = metadata.read(content, str(args.metadata))
    listed = args.index_list.read_bytes() if args.index_list else None
    dropped: collections.Counter[str] = collections.Counter()
    takes = _takes(args, cameras, listed, dropped)
    body = posed_examples.body_model(None, 0)
    total = sum(int(rows.sum()) for take in takes for rows in take.cameras.values())
    with progress.bar(total, "frame") as shown:
        preparation = _Preparation(args, cameras, dropped, shown)
        manifest = image_dataset.write(
            args.output,
            {
                split: preparation.examples([t for t in takes if t.recording.subject in subjects])
                for split, subjects in SPLITS.items()
            },
            image_size=args.image_size,
            num_shape=body.num_shape,
            body="default",
            settings=_settings(args, content, listed),
            dropped=dropped,
        )
    remedy = "; ".join(f"{split} is of {', '.join(who)}" for split, who in SPLITS.items())
    print(image_dataset.table(manifest, list(SPLITS), remedy))
    print(f"{args.output}: written, with {image_dataset.MANIFEST}")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools.prepare_human36m",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--input", type=command.path, required=True, help="directory with S1, S5, ...")
    add("--metadata", type=command.path, required=True, help="metadata.xml of the official code")
    add(
        "--images",
        type=command.path,
        help="directory of images extracted from the videos, read in their place:"
        " S1_Directions_1.54138969_000001.jpg, counted from 1, in it or in directories of the view"
        " (S1_Directions_1.54138969) or of subject and view",
    )
    add("--every", type=int, default=5, metavar="N", help="keep one frame of N (default 5)")
    add(
        "--index_list",
        type=command.path,
        help="CSV of the frames to keep, in place of --every, such as those of Human80K; columns"
        " subject (S1), action (as in file names: 'Directions 1'), camera (54138969) and frame"
        " (from 1)",
    )
    crop_options.add_arguments(parser)
    return parser.parse_args(arguments)


def _check(args: argparse.Namespace) -> None:
    crop_options.check(args, every=1)
    if args.images and not args.images.is_dir():
        raise InputError(f"{args.images}: expected a directory of images")


def _settings(args: argparse.Namespace, content: bytes, listed: bytes | None) -> dict[str, Any]:
    """Returns what decides the output beside the recordings, as the manifest keeps it."""
    return {
        "format": "human36m",
        "metadata": hashlib.sha256(content).hexdigest(),
        "images": "extracted" if args.images else "video",
        "every": None if listed else args.every,
        "index_list": hashlib.sha256(listed).hexdigest() if listed else None,
        "margin": lens.MARGIN,
        "prior": PRIOR,
    }


def _takes(
    args: argparse.Namespace,
    cameras: Metadata,
    listed: bytes | None,
    dropped: collections.Counter[str],
) -> list[Take]:
    """Reads all joints first: what is wrong there shows before hours of work."""
    index = index_list.read(listed, str(args.index_list)) if listed is not None else None
    subjects = [subject for group in SPLITS.values() for subject in group]
    takes = []
    found = recordings.find(args.input, subjects)
    for recording in tqdm(found, unit="recording", delay=10.0, leave=False):
        chosen = None
        if index is not None:
            chosen = {
                c: index.pop((recording.subject, recording.name, c), []) for c in cameras.cameras
            }
            if not any(chosen.values()):
                continue
        try:
            take = _take(recording, cameras, chosen, args.every)
            if args.images is None and not args.skip_bad:
                for camera in take.cameras:
                    videos.check(recording, camera)
        except InputError:
            if not args.skip_bad:
                raise
            dropped[BAD_RECORDING] += 1
            continue
        takes.append(take)
    if index and not args.skip_bad:
        subject, name, camera = next(iter(index))
        raise InputError(
            f"{args.index_list}: expected recordings of {args.input}, received {subject}, {name},"
            f" {camera}"
        )
    return takes


def _take(
    recording: Recording, cameras: Metadata, chosen: dict[str, list[int]] | None, every: int
) -> Take:
    joints = recording.joints(cameras)
    for camera in cameras.cameras:
        recording.check_camera(joints, cameras, camera)
    if chosen is None:
        frames = np.arange(0, len(joints), every)
        return Take(
            recording,
            frames,
            joints[frames],
            {camera: np.ones(len(frames), bool) for camera in cameras.cameras},
        )
    frames = np.unique(np.concatenate([np.array(rows, int) for rows in chosen.values()]))
    if frames[-1] >= len(joints):
        raise InputError(
            f"--index_list: expected frames of {recording.subject}, {recording.name} up to"
            f" {len(joints)}, received {frames[-1] + 1}"
        )
    kept = {camera: np.isin(frames, rows) for camera, rows in chosen.items() if rows}
    return Take(recording, frames, joints[frames], kept)


class _Preparation:
    """Fits bodies and makes examples; counts what is left out."""

    def __init__(
        self,
        args: argparse.Namespace,
        cameras: Metadata,
        dropped: collections.Counter[str],
        shown: tqdm,
    ):
        self._cameras = cameras
        self._dropped = dropped
        self._progress = shown
        self._workers = args.workers
        self._maker = ExampleMaker(args.images, args.image_size, args.skip_bad)
        self._body = posed_examples.body_model(None, 0)

    def examples(self, takes: Sequence[Take]) -> Iterator[ImageExample]:
        """Makes the examples of recordings, subject by subject."""
        num_views = sum(len(take.cameras) for take in takes)
        num_processes = max(1, min(self._workers, math.ceil(num_views / _VIEWS_PER_PROCESS)))
        for view, outcome in process_map(self._maker, self._views(takes), num_processes):
            self._dropped.update(outcome.dropped)
            yield from outcome.examples
            self._progress.update(len(view.frames))

    def _views(self, takes: Sequence[Take]) -> Iterator[View]:
        for subject in sorted({take.recording.subject for take in takes}):
            own = [take for take in takes if take.recording.subject == subject]
            joints = np.concatenate([take.joints for take in own])
            shape = _fitter().estimate_shape(joints)
            with progress.bar(len(joints), "pose", subject, leave=False) as fits:
                fit = _fitter().fit(joints, shape, progress=fits.update)
            ends = np.cumsum([len(take.frames) for take in own])
            for take, end in zip(own, ends, strict=True):
                rows = slice(end - len(take.frames), end)
                yield from self._seen(
                    take, fit.pose[rows], shape, fit.translation[rows], fit.is_good[rows]
                )

    def _seen(
        self,
        take: Take,
        pose: np.ndarray,
        shape: np.ndarray,
        translation: np.ndarray,
        is_good: np.ndarray,
    ) -> Iterator[View]:
        """Moves fitted bodies into each camera."""
        pelvis = self._body.joints(shape=shape[None])[0, 0].numpy()
        for camera, rows in take.cameras.items():
            kept = rows & is_good
            if kept.sum() < rows.sum():
                self._dropped[NO_FIT] += int(rows.sum() - kept.sum())
                self._progress.update(int(rows.sum() - kept.sum()))
            if not kept.any():
                continue
            extrinsics = self._cameras.world_to_camera(take.recording.subject, camera)
            moved = camera_frame.move_body(pose[kept], translation[kept], pelvis, extrinsics)
            yield View(
                take.recording,
                camera,
                self._cameras.lenses[camera],
                take.frames[kept],
                moved[0],
                shape,
                moved[1],
                camera_frame.transform(take.joints[kept], extrinsics),
            )


@functools.cache
def _fitter() -> Joint3DFitter:
    """The fitter; the flow's Gaussian fits joints as well as the flow itself, and faster."""
    prior = priors.load_flow(PRIOR)
    pose = LatentGaussian(prior.references["gaussian"], prior.space)
    return Joint3DFitter(posed_examples.body_model(None, 0), pose)


if __name__ == "__main__":
    command.run(main, "tools.prepare_human36m")
