"""Human3.6M as a dataset to prepare: bodies are fitted to captured joints, subject by subject."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hps_tf.data.datasets.human36m import frames as videos
from hps_tf.data.datasets.human36m import recordings
from hps_tf.data.datasets.human36m.examples import ExampleMaker, View
from hps_tf.data.datasets.human36m.metadata import Metadata
from hps_tf.data.datasets.human36m.recordings import SPLITS, Recording
from hps_tf.data.datasets.joint_fitting import JointFitter
from hps_tf.data.datasets.preparation import Drops
from hps_tf.data.images import camera_frame, posed_examples
from hps_tf.errors import InputError

NO_FIT = "no body comes near the joints"
BAD_RECORDING = "recording with joints missing or damaged"

#: Frames to keep, by subject, action and camera.
Index = dict[tuple[str, str, str], list[int]]


class Take(NamedTuple):
    """A recording and the frames to keep of it.

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

    @property
    def num_images(self) -> int:
        """Frames of all cameras."""
        return int(sum(rows.sum() for rows in self.cameras.values()))


class Human36M:
    """See `DatasetAdapter`; its sources are takes, its items views of one camera.

    Args:
      directory: Holds S1, S5, ....
      metadata: The cameras.
      fitter: Fits bodies to the 17 joints.
      image_size: Side of the crops in pixels.
      images: Directory of extracted images, read in the place of the videos; or None.
      every: Interval between the kept frames.
      index: The frames to keep in the place of `every`, and the name of their list; or None.
      skip_bad: Whether to count damaged recordings and frames instead of failing.
      listed: Wraps the recordings while all joints are read, to show progress.
      skipped: Called with the number of frames of which no body came near the joints.

    Raises:
      InputError: If a recording is damaged, or `index` lists what there is not.
    """

    body = "default"
    sources_per_process = 1

    def __init__(
        self,
        directory: Path,
        metadata: Metadata,
        fitter: JointFitter,
        image_size: int,
        *,
        images: Path | None = None,
        every: int = 5,
        index: tuple[Index, str] | None = None,
        skip_bad: bool = False,
        listed: Callable[[Sequence[Recording]], Sequence[Recording]] = list,
        skipped: Callable[[int], object] | None = None,
    ):
        self.image_size = image_size
        self.drops = Drops()
        self.make = ExampleMaker(images, image_size, skip_bad)
        self._metadata = metadata
        self._fitter = fitter
        self._skipped = skipped
        self._model = posed_examples.body_model(None, 0)
        self.num_shape = self._model.num_shape
        subjects = [subject for group in SPLITS.values() for subject in group]
        found = listed(recordings.find(directory, subjects))
        # All joints are read first: damage shows before hours of work.
        self.takes = self._takes(found, directory, every, index, skip_bad, images is None)

    def splits(self) -> Mapping[str, Sequence[Take]]:
        """The takes of ``train`` and ``test``."""
        return {
            split: [take for take in self.takes if take.recording.subject in subjects]
            for split, subjects in SPLITS.items()
        }

    def items(self, sources: Sequence[Take]) -> Iterator[View]:
        """Fits the bodies of each subject, and moves them into each camera."""
        for subject in sorted({take.recording.subject for take in sources}):
            own = [take for take in sources if take.recording.subject == subject]
            joints = np.concatenate([take.joints for take in own])
            shape = self._fitter.estimate_shape(joints)
            fit = self._fitter.fit(joints, shape)
            ends = np.cumsum([len(take.frames) for take in own])
            for take, end in zip(own, ends, strict=True):
                rows = slice(end - len(take.frames), end)
                yield from self._views(
                    take, fit.pose[rows], shape, fit.translation[rows], fit.is_good[rows]
                )

    def _views(
        self,
        take: Take,
        pose: np.ndarray,
        shape: np.ndarray,
        translation: np.ndarray,
        is_good: np.ndarray,
    ) -> Iterator[View]:
        pelvis = self._model.joints(shape=shape[None])[0, 0].numpy()
        for camera, rows in take.cameras.items():
            kept = rows & is_good
            num_lost = int(rows.sum() - kept.sum())
            self.drops.add(NO_FIT, count=num_lost)
            if num_lost and self._skipped is not None:
                self._skipped(num_lost)
            if not kept.any():
                continue
            extrinsics = self._metadata.world_to_camera(take.recording.subject, camera)
            moved = camera_frame.move_body(pose[kept], translation[kept], pelvis, extrinsics)
            yield View(
                take.recording,
                camera,
                self._metadata.lenses[camera],
                take.frames[kept],
                moved[0],
                shape,
                moved[1],
                camera_frame.transform(take.joints[kept], extrinsics),
            )

    def _takes(
        self,
        found: Sequence[Recording],
        directory: Path,
        every: int,
        listed: tuple[Index, str] | None,
        skip_bad: bool,
        reads_videos: bool,
    ) -> list[Take]:
        index, name = (None, "") if listed is None else (dict(listed[0]), listed[1])
        takes = []
        for recording in found:
            chosen = None
            if index is not None:
                chosen = {
                    camera: index.pop((recording.subject, recording.name, camera), [])
                    for camera in self._metadata.cameras
                }
                if not any(chosen.values()):
                    continue
            try:
                take = _take(recording, self._metadata, chosen, every)
                if reads_videos and not skip_bad:
                    for camera in take.cameras:
                        videos.check(recording, camera)
            except InputError:
                if not skip_bad:
                    raise
                self.drops.add(BAD_RECORDING)
                continue
            takes.append(take)
        if index and not skip_bad:
            subject, action, camera = next(iter(index))
            raise InputError(
                f"{name}: expected recordings of {directory}, received {subject}, {action},"
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
