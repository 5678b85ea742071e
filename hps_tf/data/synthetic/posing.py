"""People's bodies in front of their cameras.

Convention: camera frame of OpenCV (x right, y down, z forward), metres; pixel centres at integers.
"""

import functools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.body import BodyModel, load_default
from hps_tf.data.synthetic import camera
from hps_tf.data.synthetic.people import Person
from hps_tf.data.synthetic.style import Style
from hps_tf.geometry.camera import crop_intrinsics, project

_LARGEST_SHAPE = 2.5
"""Standard deviations at which draws are cut off."""


class Frames(NamedTuple):
    """Posed people before their cameras, F frames in all.

    Attributes:
      pose: `(F, 24, 3)`, the root in the camera frame.
      shape: `(F, B)`.
      translation: `(F, 3)` metres.
      vertices: `(F, V, 3)` in the camera frame.
      intrinsics: `(F, 3, 3)` of the image.
      keypoints: `(F, 17, 2)` COCO's, pixels.
      markers: `(F, 17, 3)` Human3.6M's, in the camera frame.
    """

    pose: np.ndarray
    shape: np.ndarray
    translation: np.ndarray
    vertices: np.ndarray
    intrinsics: np.ndarray
    keypoints: np.ndarray
    markers: np.ndarray

    def by_person(self, members: Sequence[Person]) -> Iterator["Frames"]:
        """Splits into the frames of each person."""
        stop = 0
        for member in members:
            start, stop = stop, stop + len(member.pose)
            yield Frames(*(values[start:stop] for values in self))


def pose(
    sources: Sequence[np.random.Generator],
    people: Sequence[Person],
    style: Style,
    num_vertices: int,
    image_size: int,
) -> Frames:
    """Poses people's bodies, puts them before cameras and cuts out their squares.

    Args:
      sources: Of each person's randomness.
      people: The people.
      style: The image domain.
      num_vertices: Of the embedded body.
      image_size: S of the images.

    Returns:
      All frames of the first person, then those of the second, and so on.
    """
    num_shape = load_body(num_vertices).num_shape
    poses, shapes, paths = [], [], []
    for rng, person in zip(sources, people, strict=True):
        turn = camera.orientation(rng, style)
        turned = person.pose.astype(np.float32)
        turned[:, 0] = (turn * Rotation.from_rotvec(person.pose[:, 0])).as_rotvec()
        drawn = np.clip(rng.normal(size=num_shape), -_LARGEST_SHAPE, _LARGEST_SHAPE)
        poses.append(turned)
        shapes.append(np.tile(drawn.astype(np.float32), (len(turned), 1)))
        paths.append(turn.apply(person.path).astype(np.float32))
    all_poses, all_shapes = np.concatenate(poses), np.concatenate(shapes)
    points = _points(num_vertices)(all_poses, all_shapes)
    vertices, keypoints, markers = (of_body.numpy() for of_body in points)

    stop = 0
    translations, boxes, full_frames = [], [], []
    for rng, path in zip(sources, paths, strict=True):
        start, stop = stop, stop + len(path)
        moving = vertices[start:stop] + path[:, np.newaxis]
        shot = camera.take(rng, moving, style)
        translations.append(path + shot.translation)
        boxes += [shot.box] * len(path)
        full_frames += [shot.intrinsics] * len(path)
    translation = np.concatenate(translations)
    size = (image_size, image_size)
    intrinsics = crop_intrinsics(np.array(full_frames), np.array(boxes), size).numpy()
    intrinsics = intrinsics.astype(np.float32)
    moves = translation[:, np.newaxis]
    return Frames(
        pose=all_poses,
        shape=all_shapes,
        translation=translation,
        vertices=vertices + moves,
        intrinsics=intrinsics,
        keypoints=project(keypoints + moves, intrinsics).numpy(),
        markers=markers + moves,
    )


@functools.cache
def _points(num_vertices: int) -> tf.types.experimental.PolymorphicFunction:
    """A compiled function of pose and shape: vertices, COCO's and Human3.6M's keypoints."""
    body = load_body(num_vertices)

    @tf.function(reduce_retracing=True)
    def points(pose: tf.Tensor, shape: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        return (
            body(pose=pose, shape=shape).vertices,
            body.keypoints("coco17", pose=pose, shape=shape),
            body.keypoints("h36m17", pose=pose, shape=shape),
        )

    return points


@functools.cache
def load_body(num_vertices: int) -> BodyModel:
    """Loads a level of the embedded body, once in a process."""
    return load_default(num_vertices)
