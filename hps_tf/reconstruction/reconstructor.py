"""From photographs to everybody's body: detector, lifting, refinement.

Each person is found, lifted and refined alone: what else is in the call changes nothing.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.data.images import default_camera
from hps_tf.detection.people import People, PeopleDetector
from hps_tf.errors import InputError
from hps_tf.fitting import Evidence, Expected, FitResult, Refiner
from hps_tf.geometry import axis_angle, camera_matrix
from hps_tf.geometry.camera_matrix import MIN_FOCAL_LENGTH
from hps_tf.models import LiftedPeople, Lifter
from hps_tf.reconstruction import found_people, joint_spread, pixels
from hps_tf.reconstruction.pixels import Image
from hps_tf.reconstruction.result import Reconstruction, concatenate

_IMAGES_AT_ONCE = 8
_NUM_PADDED = 2  # Joints beyond those that have a spread: the hands.

# A rotation's error makes up in part for its parent's, so joints are less far off than the sum of
# variances says: by this factor, of validation people under all conditions of
# `tools.reproduce calibration`.
_LIFTED_STD_FACTOR = 0.7


class Bodies(NamedTuple):
    """N bodies in the camera frame, as arrays; fields as of `Reconstruction`."""

    pose: np.ndarray
    shape: np.ndarray
    translation: np.ndarray
    joints_3d: np.ndarray
    joint_std: np.ndarray
    fitted_keypoints_2d: np.ndarray
    loss: np.ndarray
    prior_nll: np.ndarray
    converged: np.ndarray


class Reconstructor:
    """Reconstructs everybody in photographs.

        reconstructor = hps_tf.reconstruction.load("photo")
        people = reconstructor("photograph.jpg")
        people.joints_3d, people.vertices()

    Args:
      detector: Finds people and their keypoints.
      lifter: Makes bodies of keypoints.
      refiner: Fits these bodies to the keypoints.
      body: The body model of both.
    """

    def __init__(self, detector: PeopleDetector, lifter: Lifter, refiner: Refiner, body: BodyModel):
        self.detector = detector
        self.lifter = lifter
        self.refiner = refiner
        self.body = body

    def __call__(
        self,
        images: Image | Sequence[Image],
        *,
        refine: bool = True,
        max_people: int | None = None,
        boxes: np.ndarray | Sequence[np.ndarray] | None = None,
        intrinsics: np.ndarray | Sequence[np.ndarray] | None = None,
        focal_length: float | None = None,
    ) -> Reconstruction:
        """Reconstructs the people of one image or several.

        Args:
          images: Paths of files, or arrays: `(H, W, 3)` RGB, `(H, W)` grey or `(H, W, 4)` RGBA,
            uint8 of 0..255 or floating point of 0..1. Sizes may differ.
          refine: Whether to fit the lifted bodies to the keypoints.
          max_people: How many of each image at most, the surest.
          boxes: `(P, 4)` left, top, width and height of the people of each image, pixels; by
            default everybody is found.
          intrinsics: `(3, 3)` of the camera, or of each image's; by default its focal length is
            the one that the file notes (EXIF), else the image's diagonal, and its principal point
            the middle.
          focal_length: In pixels, of all images, where no intrinsics are given.

        Returns:
          The people, image by image.

        Raises:
          InputError: If a file is missing, damaged or no image.
          ValueError: If an array is no image, or boxes or cameras do not fit.
        """
        listed = pixels.as_images(images)
        if not listed:
            raise ValueError("`images`: expected at least one image")
        given_boxes: list[Any] | None = None
        if boxes is not None:
            given_boxes = [boxes] if pixels.is_one(images) else list(boxes)
        if given_boxes is not None and len(given_boxes) != len(listed):
            raise ValueError(
                f"`boxes`: expected those of {len(listed)} images, received {len(given_boxes)}"
            )
        parts = []
        for begin in range(0, len(listed), _IMAGES_AT_ONCE):
            rows = range(begin, min(begin + _IMAGES_AT_ONCE, len(listed)))
            names = [pixels.name_of(listed[row], row) for row in rows]
            arrays = [pixels.read(listed[row], name) for row, name in zip(rows, names, strict=True)]
            cameras = [
                _camera(intrinsics, focal_length, listed[row], array.shape[:2], row, len(listed))
                for row, array in zip(rows, arrays, strict=True)
            ]
            some = None if given_boxes is None else [given_boxes[row] for row in rows]
            found = self.find(arrays, some, max_people)
            parts.append(self.reconstruct(names, found, cameras, refine=refine))
        return concatenate(parts)

    def find(
        self,
        images: Sequence[np.ndarray],
        boxes: Sequence[np.ndarray] | None = None,
        max_people: int | None = None,
    ) -> list[People]:
        """Finds the people of `(H, W, 3)` uint8 images, or the keypoints of those in boxes.

        Raises:
          ValueError: If a box has no area or lies outside its image, or the detector returns
            arrays of other shapes than `People` has.
        """
        if boxes is None:
            found = self.detector.find_people(images)
        else:
            checked = [
                found_people.checked_boxes(b, image) for b, image in zip(boxes, images, strict=True)
            ]
            found = self.detector.keypoints(images, checked)
        if len(found) != len(images):
            raise InputError(
                f"detector: expected people of {len(images)} images, received {len(found)}"
            )
        usable = (found_people.usable(found_people.checked_people(some)) for some in found)
        return [_first(some, max_people) for some in usable]

    def reconstruct(
        self,
        names: Sequence[str],
        found: Sequence[People],
        cameras: Sequence[np.ndarray],
        *,
        refine: bool = True,
    ) -> Reconstruction:
        """Makes bodies of the people found in images.

        Args:
          names: The images'.
          found: The people of each.
          cameras: `(3, 3)` intrinsics of each.
          refine: Whether to fit the lifted bodies to the keypoints.
        """
        counts = [len(people.boxes) for people in found]
        everybody = People(*map(np.concatenate, zip(*found, strict=True)))
        image = np.repeat(np.arange(len(names)), counts)
        intrinsics = np.repeat(np.asarray(cameras, np.float32), counts, axis=0)
        lifted = self.lift(everybody, intrinsics)
        rows = np.flatnonzero(is_possible(lifted))
        everybody = People(*(part[rows] for part in everybody))
        bodies = self.bodies(everybody, intrinsics[rows], select(lifted, rows), refine=refine)
        of_image = [np.count_nonzero(image[rows] == number) for number in range(len(names))]
        return Reconstruction(
            images=tuple(names),
            image=image[rows],
            person=np.concatenate([np.arange(count) for count in of_image]),
            score=everybody.score,
            boxes=everybody.boxes,
            keypoints_2d=everybody.keypoints,
            confidence=everybody.confidence,
            intrinsics=intrinsics[rows],
            body=self.body,
            **bodies._asdict(),
        )

    def lift(self, people: People, intrinsics: np.ndarray) -> LiftedPeople:
        """Lifts N people, of `(N, 3, 3)` cameras."""
        return self.lifter(people.keypoints, people.confidence, intrinsics)

    def bodies(
        self, found: People, intrinsics: np.ndarray, lifted: LiftedPeople, *, refine: bool
    ) -> Bodies:
        """Makes bodies of N lifted people, of `(N, 3, 3)` cameras."""
        if not refine or not len(found.boxes):
            people = lifted.people
            return lifted_bodies(expected(lifted), people.joints, people.keypoints_2d)
        evidence = Evidence(found.keypoints, found.confidence, intrinsics)
        return fitted_bodies(self.refiner.refine(evidence, expected(lifted)))


def lifted_bodies(about: Expected, joints: np.ndarray, keypoints_2d: np.ndarray) -> Bodies:
    """Takes lifted people as they are; the deviations of rotations give those of the joints.

    Args:
      about: The N people.
      joints: `(N, 24, 3)` theirs, metres.
      keypoints_2d: `(N, 17, 2)` where their keypoints are seen.
    """
    rotations, shape, place, spread = tf.nest.map_structure(np.asarray, about)
    rotation_std = np.concatenate([spread.root[:, None], spread.pose], axis=1)
    rotation_std = np.pad(rotation_std, [(0, 0), (0, _NUM_PADDED), (0, 0)])
    unknown = np.full(len(shape), np.nan, np.float32)
    return Bodies(
        pose=axis_angle.from_matrix(rotations).numpy(),
        shape=shape,
        translation=place,
        joints_3d=joints,
        joint_std=_LIFTED_STD_FACTOR * joint_spread.joint_std(rotations, joints, rotation_std),
        fitted_keypoints_2d=keypoints_2d,
        loss=unknown,
        prior_nll=unknown,
        converged=np.zeros(len(shape), bool),
    )


def expected(lifted: LiftedPeople) -> Expected:
    """Turns lifted people into the expected bodies of a fit."""
    people, spread = lifted
    return Expected(people.rotation_matrices, people.shape, people.translation, spread)


def fitted_bodies(result: FitResult) -> Bodies:
    """Turns the result of a fit about expected bodies into arrays."""
    assert result.joint_std is not None
    return Bodies(
        result.pose,
        result.shape,
        result.translation,
        result.joints_3d,
        result.joint_std,
        result.keypoints_2d,
        result.loss,
        result.prior_nll,
        result.converged,
    )


def select(lifted: LiftedPeople, rows: np.ndarray) -> LiftedPeople:
    """Takes some of the people."""
    return tf.nest.map_structure(lambda part: np.asarray(part)[rows], lifted)


def is_possible(lifted: LiftedPeople) -> np.ndarray:
    """`(N,)` bool, whether a body is finite and before the camera."""
    people = lifted.people
    parts = (people.rotation_matrices, people.shape, people.translation, people.keypoints_2d)
    finite = [np.isfinite(part).all(axis=tuple(range(1, np.ndim(part)))) for part in parts]
    return np.all(finite, axis=0) & (np.asarray(people.translation)[:, 2] > 0)


def _first(people: People, count: int | None) -> People:
    return People(*(part[:count] for part in people))


def _camera(
    intrinsics: np.ndarray | Sequence[np.ndarray] | None,
    focal_length: float | None,
    image: Image,
    size: tuple[int, int],
    row: int,
    num_images: int,
) -> np.ndarray:
    if intrinsics is None:
        if focal_length is not None and not MIN_FOCAL_LENGTH <= focal_length < 1e6:
            raise ValueError(
                f"`focal_length`: expected from {MIN_FOCAL_LENGTH:g} to 1e6 pixels, received"
                f" {focal_length:g}"
            )
        if focal_length is None:
            focal_length = pixels.focal_length(image)
        return default_camera.intrinsics(size, focal_length)
    matrices = np.asarray(intrinsics, np.float64)
    if matrices.shape not in ((3, 3), (num_images, 3, 3)):
        raise ValueError(
            f"`intrinsics`: expected shape (3, 3) or ({num_images}, 3, 3), received"
            f" {matrices.shape}"
        )
    matrix = matrices if matrices.ndim == 2 else matrices[row]
    if not camera_matrix.is_sound(matrix).numpy():
        raise ValueError(
            f"`intrinsics`: expected {camera_matrix.EXPECTED}, received {matrix.tolist()}"
        )
    return matrix
