"""Visible output: a mesh of every body, and every image with its bodies over it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath

import numpy as np
from PIL import Image

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import KEYPOINT_NAMES
from hps_tf.cli.fitting.batches import Batch
from hps_tf.cli.fitting.workspace import Workspace
from hps_tf.data.images.photographs import Photograph
from hps_tf.data.keypoints.part_masks import file_stem
from hps_tf.data.keypoints.subjects import Subject
from hps_tf.errors import InputError
from hps_tf.fitting import FitResult
from hps_tf.visualization import doubt, glb, png
from hps_tf.visualization.overlay import Marks, overlay

#: Meshes per person of a video, at evenly spaced frames.
MAX_MESHES_OF_VIDEO = 50

#: Overlays of larger images are made smaller, pixels of the longer side.
MAX_OVERLAY_SIDE = 2048

_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
_PALE = 0.7  # Of 1, the doubt that all of a doubtful body is drawn with.
_CAMERA_TO_GLTF = np.array([1.0, -1.0, -1.0])


class Pictures:
    """The meshes and overlays of a fit.

    Args:
      workspace: Where they go; what is there since the work was begun is not made again.
      body: The body model.
      everybody: Who was fitted, in the order of the result.
      result: The bodies.
      is_doubtful: `(N,)` bool, which of them are drawn paler.
      keypoint_set: Of the evidence; lines join the neighbours of COCO's keypoints.

    Attributes:
      not_read: The faults of damaged photographs; their people are drawn on white.
    """

    def __init__(
        self,
        workspace: Workspace,
        body: BodyModel,
        everybody: Batch,
        result: FitResult,
        is_doubtful: np.ndarray,
        keypoint_set: str,
    ):
        self._workspace = workspace
        self._body = body
        self._subjects, self._person_ids = everybody.subjects, everybody.person_ids
        self._result = result
        self._is_doubtful = is_doubtful
        self._names = KEYPOINT_NAMES.get(keypoint_set)
        self.not_read: list[str] = []
        # A fit that diverged has no body to show.
        bodies = np.concatenate([result.pose.reshape(len(result), -1), result.translation], axis=1)
        self._is_shown = np.isfinite(bodies).all(axis=1)

    def meshes(self, is_video: bool) -> Iterator[Path]:
        """Writes ``meshes/*.glb``; yields each path.

        Bodies stand where the camera saw them, turned to glTF's frame (x right, y up, z backward):
        those of an image go together. One is named after the person and, in a video, the frame.
        """
        directory = self._workspace.directory / "meshes"
        directory.mkdir(exist_ok=True)
        rows = _samples(self._person_ids) if is_video else range(len(self._subjects))
        for row in rows:
            if not self._is_shown[row]:
                continue
            stem = file_stem(self._person_ids[row])
            if is_video:
                stem += f"_{self._subjects[row].person.image.frame:06d}"
            path = directory / f"{stem}.glb"
            if not self._workspace.is_drawn(path):
                (vertices,) = self._vertices([row])
                glb.write(path, vertices * _CAMERA_TO_GLTF, self._body.faces)
            yield path

    def overlays(self, photographs: Mapping[int, Photograph]) -> Iterator[Path]:
        """Writes ``overlays/*.png``; yields each path.

        One is of an image and its people, on white where there is no photograph.
        """
        directory = self._workspace.directory / "overlays"
        directory.mkdir(exist_ok=True)
        rows_of = defaultdict(list)
        for row, subject in enumerate(self._subjects):
            if self._is_shown[row]:
                rows_of[subject.person.image.frame].append(row)
        stems = {frame: _stem(self._subjects[rows[0]]) for frame, rows in rows_of.items()}
        uses = Counter(stems.values())
        for frame, rows in sorted(rows_of.items()):
            stem = stems[frame] if uses[stems[frame]] == 1 else f"{stems[frame]}-{frame}"
            path = directory / f"{stem}.png"
            if not self._workspace.is_drawn(path):
                png.write(path, self._overlay(rows, photographs.get(frame)))
            yield path

    def _overlay(self, rows: list[int], photograph: Photograph | None) -> np.ndarray:
        people = [self._subjects[row].person for row in rows]
        size, intrinsics = people[0].image.size, people[0].intrinsics
        assert size is not None
        assert intrinsics is not None
        scale = min(1.0, MAX_OVERLAY_SIDE / max(size))
        height, width = (max(1, round(side * scale)) for side in size)
        # Pixel centres are at integers: what scales are distances from the image's corner.
        zoom = np.array([width / size[1], height / size[0]])
        camera = intrinsics.copy()
        camera[:2, 2] += 0.5
        camera[:2] *= zoom[:, None]
        camera[:2, 2] -= 0.5
        picture = np.full((height, width, 3), 255, np.uint8)
        if photograph is not None:
            try:
                picture = photograph.read()
            except InputError as error:
                self.not_read.append(str(error))
        if picture.shape[:2] != (height, width):
            shrunk = Image.fromarray(picture).resize((width, height), Image.Resampling.BOX)
            picture = np.asarray(shrunk)
        detected = np.stack([person.keypoints for person in people])
        return overlay(
            picture,
            self._vertices(rows),
            self._body.faces,
            camera,
            marks=Marks(
                (detected + 0.5) * zoom - 0.5,
                np.stack([person.is_seen for person in people]),
                (self._result.keypoints_2d[rows] + 0.5) * zoom - 0.5,
                self._names,
            ),
            labels=[self._person_ids[row] for row in rows],
            doubt=self._doubt(rows),
        )

    def _doubt(self, rows: list[int]) -> np.ndarray:
        """`(P, V)` how unsure each vertex is: by its joints, and all of a doubtful body."""
        whole = _PALE * self._is_doubtful[rows].astype(np.float32)
        by_vertex = np.tile(whole[:, None], (1, self._body.num_vertices))
        if self._result.joint_std is not None:
            by_joint = doubt.of_vertices(self._result.joint_std[rows], self._body.vertex_parts)
            by_vertex = np.maximum(by_vertex, by_joint)
        return by_vertex

    def _vertices(self, rows: list[int]) -> np.ndarray:
        result = self._result
        output = self._body(
            pose=result.pose[rows], shape=result.shape[rows], translation=result.translation[rows]
        )
        return output.vertices.numpy()


def _samples(person_ids: Sequence[str]) -> list[int]:
    rows_of = defaultdict(list)
    for row, person_id in enumerate(person_ids):
        rows_of[person_id].append(row)
    chosen = []
    for rows in rows_of.values():
        count = min(len(rows), MAX_MESHES_OF_VIDEO)
        chosen += [
            rows[place] for place in np.linspace(0, len(rows) - 1, count).round().astype(int)
        ]
    return chosen


def _stem(subject: Subject) -> str:
    path = PurePath(subject.person.image.names[0])
    is_suffix = path.suffix.lower() in _IMAGE_SUFFIXES
    return file_stem(str(path.with_suffix("")) if is_suffix else str(path))
