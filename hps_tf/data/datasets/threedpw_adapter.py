"""3DPW as a dataset to prepare: fitted bodies, or SMPL's own, moved into the camera."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.data.datasets import threedpw
from hps_tf.data.datasets.joint_fitting import JointFitter
from hps_tf.data.datasets.preparation import Drops
from hps_tf.data.datasets.threedpw import NUM_SHAPE, Person
from hps_tf.data.datasets.threedpw_examples import ExampleMaker, Track
from hps_tf.data.images import camera_frame, posed_examples
from hps_tf.errors import InputError
from hps_tf.geometry import axis_angle

NO_CAMERA = "camera not aligned"
NO_FIT = "no body comes near the joints"
BAD_SEQUENCE = "sequence file damaged"

_LARGEST_ERROR = 0.05  # Metres from SMPL's joints as stored to the model file's.


class _Bodies(NamedTuple):
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


class ThreeDPW:
    """See `DatasetAdapter`; its sources are sequence files, its items tracks of one person.

    Args:
      directory: Holds sequenceFiles and imageFiles.
      fitter: Gives the fitter of bodies to SMPL's 24 joints; not called with `body_files`.
      image_size: Side of the crops in pixels.
      body_files: Path of SMPL's model files with ``{gender}`` or ``{GENDER}``; then labels are
        SMPL's own parameters. None to fit the embedded body.
      skip_bad: Whether to count damaged sequences and images instead of failing.
      read: Called with 1 after each sequence file.

    Raises:
      InputError: If there is no sequence.
    """

    sources_per_process = 2

    def __init__(
        self,
        directory: Path,
        fitter: Callable[[], JointFitter],
        image_size: int,
        *,
        body_files: str | None = None,
        skip_bad: bool = False,
        read: Callable[[int], object] | None = None,
    ):
        self.image_size = image_size
        self.drops = Drops()
        self.make = ExampleMaker(threedpw.folder(directory, "imageFiles"), image_size, skip_bad)
        self.body = "smpl" if body_files else "default"
        self._default = posed_examples.body_model(None, 0)
        self.num_shape = NUM_SHAPE if body_files else self._default.num_shape
        self._paths = threedpw.find(directory)
        self._fitter = fitter
        self._pattern = body_files
        self._skip_bad = skip_bad
        self._read = read

    def splits(self) -> Mapping[str, Sequence[Path]]:
        """The sequence files of the splits that are there."""
        return self._paths

    def items(self, sources: Sequence[Path]) -> Iterator[Track]:
        """Labels the people of sequences."""
        for path in sources:
            if self._read is not None:
                self._read(1)
            try:
                sequence = threedpw.read(path)
            except InputError:
                if not self._skip_bad:
                    raise
                self.drops.add(BAD_SEQUENCE)
                continue
            for index, person in enumerate(sequence.people):
                track = self._track(sequence, index, person, f"{path}, person {index}")
                if track is not None:
                    yield track

    def _track(
        self, sequence: threedpw.Sequence, index: int, person: Person, where: str
    ) -> Track | None:
        frames = np.flatnonzero(person.is_valid)
        self.drops.add(NO_CAMERA, count=len(person.is_valid) - len(frames))
        if not len(frames):
            return None
        bodies = self._bodies(person, frames, where)
        kept = bodies.is_good
        self.drops.add(NO_FIT, count=int((~kept).sum()))
        if not kept.any():
            return None
        shape = bodies.shape.astype(np.float32)
        pelvis = bodies.model.joints(shape=shape[None])[0, 0].numpy()
        pose, translation = camera_frame.move_body(
            bodies.pose[kept], bodies.translation[kept], pelvis, sequence.extrinsics[frames[kept]]
        )
        return Track(
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

    def _bodies(self, person: Person, frames: np.ndarray, where: str) -> _Bodies:
        if self._pattern is not None:
            return _read_bodies(self._pattern, person, frames, where)
        fitter = self._fitter()
        rotations = axis_angle.to_matrix(person.pose[frames].astype(np.float32)).numpy()
        shape = fitter.estimate_shape(person.joints[frames], rotations)
        fit = fitter.fit(person.joints[frames], shape, rotations)
        return _Bodies(self._default, None, fit.pose, shape, fit.translation, fit.is_good)


def _read_bodies(pattern: str, person: Person, frames: np.ndarray, where: str) -> _Bodies:
    path = pattern.replace("{gender}", person.gender)
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
    return _Bodies(
        model, path, person.pose[frames], person.shape, person.translation[frames], is_good
    )
