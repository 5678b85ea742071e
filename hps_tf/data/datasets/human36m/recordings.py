"""The recordings of Human3.6M: who did what, and where its files are."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hps_tf.data.datasets.human36m import positions
from hps_tf.data.datasets.human36m.metadata import Metadata
from hps_tf.data.images import camera_frame
from hps_tf.errors import InputError
from hps_tf.io.sorting import natural_order

#: The subjects of each split, as the usual protocols have them.
SPLITS = {"train": ("S1", "S5", "S6", "S7", "S8"), "test": ("S9", "S11")}

_RENAMED = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog", "WalkingTogether": "WalkTogether"}
_NO_ACTION = "_ALL"  # All of a subject's recordings in one.
_NAME = re.compile(r"[A-Za-z]+( \d+)?")
_SHARED = 0.9  # Of the frames of the longer file of two.
_LARGEST_ERROR = 3.0  # Pixels, between joints projected and those of D2_Positions.


class Recording(NamedTuple):
    """A subject doing something, seen by all cameras at once.

    Attributes:
      directory: The subject's directory.
      subject: E.g. S1.
      name: E.g. ``Directions 1``, as in file names.
    """

    directory: Path
    subject: str
    name: str

    @property
    def action(self) -> str:
        """One of the protocol's 15 actions: the name without the take's number."""
        action = self.name.split(" ")[0]
        return _RENAMED.get(action, action)

    def key(self, camera: str) -> str:
        """Names a view as extracted images do: ``S1_Directions_1.54138969``."""
        return f"{self.subject}_{self.name.replace(' ', '_')}.{camera}"

    def joints(self, metadata: Metadata) -> np.ndarray:
        """Reads the joints `(N, 17, 3)`, metres in the world.

        Raises:
          InputError: If there is no file of them, or one is damaged.
        """
        world = _features(self.directory, "D3_Positions") / f"{self.name}.cdf"
        if world.is_file():
            return positions.read_3d(world)
        mono = _features(self.directory, "D3_Positions_mono")
        for camera in metadata.cameras:
            path = mono / f"{self.name}.{camera}.cdf"
            if path.is_file():
                inverse = np.linalg.inv(metadata.world_to_camera(self.subject, camera))
                return camera_frame.transform(positions.read_3d(path), inverse)
        raise InputError(
            f"{world}: expected this file or those of D3_Positions_mono, received none"
        )

    def check_camera(self, joints: np.ndarray, metadata: Metadata, camera: str) -> None:
        """Compares joints of the world, projected, with ``D2_Positions`` where that is there.

        Of some views they are a little longer or shorter than those of the world.

        Raises:
          InputError: If they are of quite another length or far apart.
        """
        path = _features(self.directory, "D2_Positions") / f"{self.name}.{camera}.cdf"
        if not path.is_file():
            return
        expected = positions.read_2d(path)
        shared = min(len(expected), len(joints))
        if shared < _SHARED * max(len(expected), len(joints)):
            raise InputError(f"{path}: expected {len(joints)} frames, received {len(expected)}")
        expected, joints = expected[:shared], joints[:shared]
        points = camera_frame.transform(joints, metadata.world_to_camera(self.subject, camera))
        distances = np.linalg.norm(metadata.lenses[camera].project(points) - expected, axis=2)
        if not distances.mean() < _LARGEST_ERROR:
            raise InputError(
                f"{path}: expected the joints where the camera of metadata.xml sees them, received"
                f" them {distances.mean():.1f} pixels away"
            )


def _features(directory: Path, kind: str) -> Path:
    """Where a subject's files of a kind are: the archives unpack to the first of these places."""
    places = (directory / "MyPoseFeatures" / kind, directory / f"Poses_{kind}", directory / kind)
    return next((path for path in places if path.is_dir()), places[0])


def find(root: Path, subjects: Sequence[str]) -> list[Recording]:
    """Finds the recordings of subjects, in order.

    Args:
      root: The directory with S1, S5, ...
      subjects: Those to look for; the ones without a directory are left out.

    Raises:
      InputError: If no subject is there, or one has no recording.
    """
    recordings: list[Recording] = []
    for subject in subjects:
        found = [path for path in (root / subject, root / subject.lower()) if path.is_dir()]
        if not found:
            continue
        directory = found[0]
        features = directory / "MyPoseFeatures"
        files = [
            path
            for kind in ("D3_Positions", "D3_Positions_mono")
            for path in _features(directory, kind).glob("*.cdf")
        ]
        names = {path.name.split(".")[0] for path in files}
        kept = [name for name in names if _NAME.fullmatch(name) and name != _NO_ACTION]
        if not kept:
            raise InputError(f"{features}: expected D3_Positions/*.cdf, received none")
        recordings += [Recording(directory, subject, n) for n in sorted(kept, key=natural_order)]
    if not recordings:
        raise InputError(f"{root}: expected directories {', '.join(subjects)}, received none")
    return recordings
