"""Image examples as TFRecord entries, and as batches of tensors.

An entry is a tf.train.Example with `name`, `subject`, `action`, `sequence` (text), `frame`, `image`
(encoded), `intrinsics` (9 floats), `labels` (those of `image_example.LABELS` that it has), and for
each label its arrays, floats in C order; `part_labels` is a PNG.
"""

import io
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from hps_tf.body.parts import NUM_PARTS
from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.data.images.image_example import LABELS, NUM_KEYPOINTS, NUM_MARKERS, ImageExample

_TEXTS = ("name", "subject", "action", "sequence")
_ARRAYS = ("keypoints_2d", "keypoint_weights", "pose", "shape", "translation", "markers_3d")

Batch = dict[str, tf.Tensor]


def encode(example: ImageExample) -> bytes:
    """Serializes an example that passed `image_example.check`."""
    feature = {field: _bytes(getattr(example, field).encode()) for field in _TEXTS}
    feature["image"] = _bytes(example.image)
    feature["frame"] = _integer(example.frame)
    feature["is_silhouette"] = _integer(example.is_silhouette)
    feature["intrinsics"] = _floats(example.intrinsics)
    for label in LABELS:
        feature[f"has_{label}"] = _integer(label in example.labels)
    for field in _ARRAYS:
        value = getattr(example, field)
        if value is not None:
            feature[field] = _floats(value)
    if example.part_labels is not None:
        feature["part_labels"] = _bytes(_png(example.part_labels))
    message = tf.train.Example(features=tf.train.Features(feature=feature))
    return message.SerializeToString(deterministic=True)


def parse(records: tf.Tensor, image_size: int, num_shape: int) -> Batch:
    """Parses and decodes entries, in a graph or eagerly. What an example lacks is zero.

    Args:
      records: `(B,)` serialized entries.
      image_size: S of the dataset.
      num_shape: Shape components of the dataset.

    Returns:
      `image` (B, S, S, 3) float32 in 0..1, `part_labels` (B, S, S) uint8, `intrinsics` (B, 3, 3),
      `keypoints_2d` (B, 17, 2), `keypoint_weights` (B, 17), `pose` (B, 24, 3), `shape`,
      `translation` (B, 3), `markers_3d` (B, 17, 3), all float32; `has_keypoints`, `has_parts`,
      `has_pose`, `has_markers`, `is_silhouette` (B,) float32, 0 or 1; `frame` (B,) int64; `name`,
      `subject`, `action`, `sequence` (B,) text.

    Raises:
      tf.errors.OpError: If an entry is not one that `encode` made.
    """
    shapes: dict[str, list[int]] = {
        "intrinsics": [3, 3],
        "keypoints_2d": [NUM_KEYPOINTS, 2],
        "keypoint_weights": [NUM_KEYPOINTS],
        "pose": [NUM_JOINTS, 3],
        "shape": [num_shape],
        "translation": [3],
        "markers_3d": [NUM_MARKERS, 3],
    }
    flags = [f"has_{label}" for label in LABELS] + ["is_silhouette"]
    features: dict[str, Any] = {
        field: tf.io.FixedLenFeature(
            shape, tf.float32, None if field == "intrinsics" else np.zeros(shape, np.float32)
        )
        for field, shape in shapes.items()
    }
    features |= {flag: tf.io.FixedLenFeature([], tf.int64) for flag in [*flags, "frame"]}
    features |= {text: tf.io.FixedLenFeature([], tf.string) for text in [*_TEXTS, "image"]}
    features["part_labels"] = tf.io.FixedLenFeature([], tf.string, "")
    batch = tf.io.parse_example(records, features)
    batch |= {flag: tf.cast(batch[flag], tf.float32) for flag in flags}

    def image(encoded: tf.Tensor) -> tf.Tensor:
        decoded = tf.io.decode_image(encoded, channels=3, expand_animations=False)
        return tf.ensure_shape(decoded, (image_size, image_size, 3))

    def parts(encoded: tf.Tensor) -> tf.Tensor:
        return tf.cond(
            tf.strings.length(encoded) == 0,
            lambda: tf.zeros((image_size, image_size), tf.uint8),
            lambda: tf.ensure_shape(
                tf.io.decode_png(encoded, 1)[:, :, 0], (image_size, image_size)
            ),
        )

    images = tf.map_fn(image, batch["image"], fn_output_signature=tf.uint8)
    batch["image"] = tf.cast(images, tf.float32) / 255.0
    labels = tf.map_fn(parts, batch["part_labels"], fn_output_signature=tf.uint8)
    batch["part_labels"] = tf.where(labels <= NUM_PARTS, labels, 0)
    return batch


def subject_and_name(record: bytes) -> tuple[str, str]:
    """Reads only these two of an entry."""
    feature = tf.train.Example.FromString(record).features.feature
    subject, name = (feature[field].bytes_list.value[0] for field in ("subject", "name"))
    return subject.decode(), name.decode()


def place_in_video(record: bytes) -> tuple[str, str, int]:
    """Reads only sequence, subject and frame of an entry."""
    feature = tf.train.Example.FromString(record).features.feature
    sequence, subject = (feature[field].bytes_list.value[0] for field in ("sequence", "subject"))
    return sequence.decode(), subject.decode(), feature["frame"].int64_list.value[0]


def _png(labels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(labels.astype(np.uint8), "L").save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _bytes(value: bytes) -> tf.train.Feature:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def _floats(value: np.ndarray) -> tf.train.Feature:
    # What is not finite, where a keypoint is not labelled, becomes 0.
    with np.errstate(over="ignore"):
        array = np.asarray(value, np.float32).ravel()
    array = np.where(np.isfinite(array), array, np.float32(0))
    return tf.train.Feature(float_list=tf.train.FloatList(value=array))


def _integer(value: int) -> tf.train.Feature:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[int(value)]))
