"""Images zoomed, turned, shifted and mirrored together with all of their labels.

Convention: pixels x right, y down, centres at integers; metres and radians in OpenCV's camera
frame. An image of S pixels covers [-½, S - ½], so that pixels map to pixels about the centres of
the two images,

    p' = N/S scale R(angle) F (p - (S - 1)/2) + (N - 1)/2 + N shift,

with F = diag(-1, 1) where the image is mirrored. With square pixels this is what another camera
sees: K' has the focal length N/S scale f and the principal point mapped as a pixel, and the scene
is moved by T = R_z(angle) diag(F, 1). A body's root turns about its pelvis, which rests at
j(shape): T of the body is the body with the mirrored pose, its root turned by R_z, and the
translation T (t + j) - j. A mirrored body is exact only as far as the shape is symmetric. The
embedded body's pelvis rests at the origin, j = 0.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.body.mirror import mirror_pose
from hps_tf.body.parts import MIRROR_PARTS
from hps_tf.body.skeleton import COCO17_NAMES, H36M17_NAMES, mirror_permutation
from hps_tf.data.images.augmentation import draws
from hps_tf.data.images.augmentation.settings import Augmentation
from hps_tf.data.images.image_records import Batch
from hps_tf.geometry import axis_angle

NUM_DRAWS = 6

_MIRROR_KEYPOINTS = mirror_permutation(COCO17_NAMES)
_MIRROR_MARKERS = mirror_permutation(H36M17_NAMES)


class View(NamedTuple):
    """How each example is seen anew.

    Attributes:
      scale: `(B,)` factor in size.
      angle: `(B,)` turn of the image, clockwise as it is shown, radians.
      shift: `(B, 2)` shares of the image's side, right and down.
      mirrored: `(B,)` booleans; mirrored before it is turned.
    """

    scale: tf.Tensor
    angle: tf.Tensor
    shift: tf.Tensor
    mirrored: tf.Tensor


def same_view(batch_size: tf.Tensor) -> View:
    """Returns the view that changes nothing."""
    return View(
        tf.ones(batch_size),
        tf.zeros(batch_size),
        tf.zeros((batch_size, 2)),
        tf.zeros(batch_size, tf.bool),
    )


def random_view(uniform: tf.Tensor, settings: Augmentation) -> View:
    """Draws views.

    Args:
      uniform: `(B, NUM_DRAWS)` from 0 to 1.
      settings: Their bounds.

    Returns:
      The views.
    """
    size, rotated, angle, right, down, mirrored = tf.unstack(uniform, NUM_DRAWS, axis=1)
    largest = float(np.log(settings.scale))
    angle = draws.between(angle, -settings.rotation, settings.rotation)
    return View(
        tf.exp(draws.between(size, -largest, largest)),
        tf.where(rotated < settings.rotated, angle, 0.0),
        draws.between(tf.stack([right, down], axis=1), -settings.shift, settings.shift),
        mirrored < settings.flip,
    )


def apply(
    batch: Batch, view: View, size: int, parts_size: int, body: BodyModel | None = None
) -> Batch:
    """Sees examples anew: the image and every label.

    Beyond the image's border its outermost pixels are repeated, and there is no part. Images at
    least twice as large as N are first averaged over whole numbers of pixels; what is left is at
    most 2 / `scale` input pixels for each one, so that fine patterns may alias a little. Part
    labels are those of the nearest pixel. Keypoints outside of the image get the weight 0. The
    root's rotation is returned as the vector of length at most π. What an example lacks stays
    zero.

    Args:
      batch: From `hps_tf.data.images.image_records.parse`.
      view: How.
      size: N of the images returned.
      parts_size: M of the part labels returned.
      body: The body model of pose, shape and translation. If none is given its pelvis rests in the
        origin for every shape, as that of the embedded body does.

    Returns:
      The batch with `image` (B, N, N, 3), `part_labels` (B, M, M) and everything else of N pixels.
    """
    input_size = batch["image"].shape[1]
    turn = _turn(view)
    linear, offset = _pixel_map(view, input_size, size)
    return batch | {
        "image": warp_images(batch["image"], view, size),
        "part_labels": warp_parts(batch["part_labels"], view, parts_size),
        "intrinsics": _intrinsics(batch["intrinsics"], linear, offset),
        **_keypoints(batch, view, linear, offset, size),
        **_pose(batch, view, turn, body),
        "markers_3d": _markers(batch, view, turn),
    }


def warp_images(images: tf.Tensor, view: View, size: int) -> tf.Tensor:
    """Resamples images `(B, S, S, C)` to `(B, N, N, C)`, bilinearly."""
    input_size = images.shape[1]
    linear, offset = _pixel_map(view, input_size, size)
    if input_size >= 2 * size:
        smaller = input_size // (input_size // size)
        images = tf.image.resize(images, (smaller, smaller), method="area")
        # Edges map to edges: p = ratio (q + ½) - ½.
        ratio = input_size / smaller
        offset += tf.reduce_sum(linear, axis=-1) * (ratio - 1) / 2
        linear *= ratio
    return _resample(images, linear, offset, size, "BILINEAR", "NEAREST")


def warp_parts(part_labels: tf.Tensor, view: View, size: int) -> tf.Tensor:
    """Resamples part labels `(B, S, S)` to `(B, M, M)`, to the nearest, sides exchanged."""
    linear, offset = _pixel_map(view, part_labels.shape[1], size)
    labels = _resample(part_labels[..., None], linear, offset, size, "NEAREST", "CONSTANT")[..., 0]
    exchanged = tf.gather(tf.constant(MIRROR_PARTS, tf.uint8), tf.cast(labels, tf.int32))
    return tf.where(view.mirrored[:, None, None], exchanged, labels)


def _pixel_map(view: View, input_size: int, size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The map of input to output pixels: linear (B, 2, 2) and offset (B, 2)."""
    linear = (view.scale * (size / input_size))[:, None, None] * _turn(view)[:, :2, :2]
    centre = tf.reduce_sum(linear, axis=-1) * ((input_size - 1) / 2)
    return linear, (size - 1) / 2 + size * view.shift - centre


def _turn(view: View) -> tf.Tensor:
    """T (B, 3, 3): mirrors x, then rolls about the optical axis."""
    cosine, sine = tf.cos(view.angle), tf.sin(view.angle)
    zero, one = tf.zeros_like(cosine), tf.ones_like(cosine)
    sign = tf.where(view.mirrored, -one, one)
    rows = [[sign * cosine, -sine, zero], [sign * sine, cosine, zero], [zero, zero, one]]
    return tf.stack([tf.stack(row, axis=-1) for row in rows], axis=-2)


def _resample(
    images: tf.Tensor,
    linear: tf.Tensor,
    offset: tf.Tensor,
    size: int,
    interpolation: str,
    fill_mode: str,
) -> tf.Tensor:
    """Looks every output pixel up where it comes from; both have their centres at integers."""
    (a, b), (c, d) = (tf.unstack(row, axis=-1) for row in tf.unstack(linear, axis=-2))
    scale = 1.0 / (a * d - b * c)
    inverse = tf.stack([tf.stack([d, -b], axis=-1), tf.stack([-c, a], axis=-1)], axis=-2)
    inverse *= scale[:, None, None]
    back = -tf.linalg.matvec(inverse, offset)
    rows = tf.reshape(tf.concat([inverse, back[..., None]], axis=-1), (-1, 6))
    resampled = tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.concat([rows, tf.zeros_like(rows[:, :2])], axis=-1),
        output_shape=(size, size),
        fill_value=0.0,
        interpolation=interpolation,
        fill_mode=fill_mode,
    )
    return tf.ensure_shape(resampled, (None, size, size, images.shape[-1]))


def _intrinsics(intrinsics: tf.Tensor, linear: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
    focal = tf.norm(linear[:, 0], axis=-1) * intrinsics[:, 0, 0]
    centre = tf.linalg.matvec(linear, intrinsics[:, :2, 2]) + offset
    zero, one = tf.zeros_like(focal), tf.ones_like(focal)
    rows = [[focal, zero, centre[:, 0]], [zero, focal, centre[:, 1]], [zero, zero, one]]
    return tf.stack([tf.stack(row, axis=-1) for row in rows], axis=-2)


def _keypoints(batch: Batch, view: View, linear: tf.Tensor, offset: tf.Tensor, size: int) -> Batch:
    points = tf.matmul(batch["keypoints_2d"], linear, transpose_b=True) + offset[:, None]
    inside = tf.reduce_all((points >= -0.5) & (points <= size - 0.5), axis=-1)
    weights = tf.where(inside, batch["keypoint_weights"], 0.0)
    points *= batch["has_keypoints"][:, None, None]
    mirrored = view.mirrored[:, None]
    return {
        "keypoints_2d": tf.where(
            mirrored[..., None], tf.gather(points, _MIRROR_KEYPOINTS, axis=1), points
        ),
        "keypoint_weights": tf.where(
            mirrored, tf.gather(weights, _MIRROR_KEYPOINTS, axis=1), weights
        ),
    }


def _pose(batch: Batch, view: View, turn: tf.Tensor, body: BodyModel | None) -> Batch:
    pose, translation = batch["pose"], batch["translation"]
    pose = tf.where(view.mirrored[:, None, None], mirror_pose(pose), pose)
    zero = tf.zeros_like(view.angle)
    roll = axis_angle.to_matrix(tf.stack([zero, zero, view.angle], axis=-1))
    root = axis_angle.from_matrix(tf.matmul(roll, axis_angle.to_matrix(pose[:, 0])))
    pose = tf.concat([root[:, None], pose[:, 1:]], axis=1)

    pelvis = tf.zeros_like(translation)
    if body is not None:
        pelvis = body.joints(shape=batch["shape"])[:, 0]
    translation = tf.linalg.matvec(turn, translation + pelvis) - pelvis
    return {
        "pose": pose * batch["has_pose"][:, None, None],
        "translation": translation * batch["has_pose"][:, None],
    }


def _markers(batch: Batch, view: View, turn: tf.Tensor) -> tf.Tensor:
    markers = tf.matmul(batch["markers_3d"], turn, transpose_b=True)
    exchanged = tf.gather(markers, _MIRROR_MARKERS, axis=1)
    return tf.where(view.mirrored[:, None, None], exchanged, markers)
