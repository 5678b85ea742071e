"""Image examples of people whose bodies are known: a frame is cropped, the body labels the crop."""

import functools
from typing import NamedTuple

import numpy as np
from PIL import Image

from hps_tf.body import BodyModel, load, load_small
from hps_tf.data.images import lens
from hps_tf.data.images.image_example import ImageExample
from hps_tf.rendering import part_labels, rasterize

#: Reasons to leave a frame out.
BAD_IMAGE = "image or video missing or damaged"
OUT_OF_SIGHT = "mostly outside the image"

_LEAST_SEEN = 0.5  # Of the joints.
_NEAR = 0.2  # Metres.


class Frame(NamedTuple):
    """A person in one frame, in the camera's frame.

    Attributes:
      name: See `ImageExample`, as with the next four.
      subject: Who it is.
      action: The action.
      sequence: Which video it is from.
      number: Its place in that video.
      pose: `(24, 3)` axis-angle.
      shape: `(S,)`.
      translation: `(3,)` metres.
      markers: `(17, 3)` Human3.6M's joints as captured, or None.
      keypoints: `(17, 3)` detected COCO keypoints in the whole image, x, y and confidence; None to
        take the body's.
    """

    name: str
    subject: str
    action: str
    sequence: str
    number: int
    pose: np.ndarray
    shape: np.ndarray
    translation: np.ndarray
    markers: np.ndarray | None = None
    keypoints: np.ndarray | None = None


def make(
    photograph: Image.Image, seen_by: lens.Lens, body: BodyModel, frame: Frame, image_size: int
) -> ImageExample | None:
    """Makes an example.

    The crop is around the 17 joints of Human3.6M, captured or else the body's. Parts are those of
    the bare body: its silhouette is not that of clothes and hair.

    Args:
      photograph: The whole image, RGB.
      seen_by: The camera's lens.
      body: The body model.
      frame: The person.
      image_size: Side of the crop.

    Returns:
      The example; None if most of the joints lie outside the image or one behind the camera.
    """
    arguments = {
        "pose": frame.pose[np.newaxis],
        "shape": frame.shape[np.newaxis],
        "translation": frame.translation[np.newaxis],
    }
    joints = frame.markers
    if joints is None:
        joints = body.keypoints("h36m17", **arguments)[0].numpy().astype(np.float64)
    if not _is_in_sight(joints, seen_by, photograph.size):
        return None
    crop = lens.crop(photograph, seen_by, joints, image_size)
    points = body.keypoints("coco17", **arguments)[0].numpy()
    keypoints = _project(points, crop.intrinsics)
    is_inside = (keypoints >= -0.5) & (keypoints <= image_size - 0.5)
    weights = np.where(is_inside.all(axis=1), 1.0, 0.0)
    if frame.keypoints is not None:
        slopes = (frame.keypoints[:, :2] - seen_by.principal_point) / seen_by.focal_length
        keypoints = _project(np.insert(slopes, 2, 1.0, axis=1), crop.intrinsics)
        weights = frame.keypoints[:, 2].clip(0.0, 1.0)
    vertices = body(**arguments).vertices[0].numpy()
    raster = rasterize(vertices, body.faces, crop.intrinsics, (image_size, image_size))
    has_keypoints = bool((weights > 0).any())
    return ImageExample(
        name=frame.name,
        image=crop.image,
        intrinsics=crop.intrinsics,
        subject=frame.subject,
        action=frame.action,
        sequence=frame.sequence,
        frame=frame.number,
        keypoints_2d=keypoints if has_keypoints else None,
        keypoint_weights=weights if has_keypoints else None,
        part_labels=part_labels(raster, body.face_parts),
        pose=frame.pose,
        shape=frame.shape,
        translation=frame.translation,
        markers_3d=frame.markers,
    )


@functools.cache
def body_model(path: str | None, num_shape: int) -> BodyModel:
    """Loads a body once a process.

    Args:
      path: A model file; None for the embedded body of 3,000 vertices.
      num_shape: Shape components to keep of a file's.

    Raises:
      InputError: If the file is damaged.
      OSError: If there is no such file.
    """
    return load_small() if path is None else load(path, num_shape)


def _is_in_sight(joints: np.ndarray, seen_by: lens.Lens, size: tuple[int, int]) -> bool:
    """Tells whether all joints are before the camera, and enough of them in an image (W, H)."""
    if (joints[:, 2] < _NEAR).any():
        return False
    pixels = seen_by.project(joints)
    is_seen = ((pixels > -0.5) & (pixels < np.array(size) - 0.5)).all(axis=1)
    return bool(is_seen.mean() >= _LEAST_SEEN)


def _project(points: np.ndarray, intrinsics: np.ndarray) -> np.ndarray:
    return points[:, :2] / points[:, 2:] * intrinsics[0, 0] + intrinsics[:2, 2]
