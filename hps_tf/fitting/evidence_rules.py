"""Which evidence can be fitted: the rules of `Evidence`, in Python and in served graphs alike."""

from typing import Any, NamedTuple, Protocol

import tensorflow as tf

from hps_tf.body.parts import NUM_PARTS
from hps_tf.geometry import camera_matrix


class Fields(Protocol):
    """The arrays or tensors of N people, as `Evidence` describes them."""

    @property
    def keypoints(self) -> Any:
        """`(N, K, 2)` pixels."""

    @property
    def confidence(self) -> Any:
        """`(N, K)`; 0 where missing."""

    @property
    def intrinsics(self) -> Any:
        """`(N, 3, 3)`."""

    @property
    def part_labels(self) -> Any | None:
        """`(N, H, W)` uint8, or None without part maps."""

    @property
    def part_boxes(self) -> Any | None:
        """`(N, 4)`, or None without part maps."""


class Rule(NamedTuple):
    """The rule of a field.

    Attributes:
      field: The field of `Evidence`.
      expected: The rule in words.
      holds: `(N,)` bool, of whom it holds.
    """

    field: str
    expected: str
    holds: tf.Tensor


def rules(fields: Fields) -> list[Rule]:
    """Applies the rules to people.

    Args:
      fields: Their evidence; shapes must be right, part maps may be None.

    Returns:
      Every rule with the people that it holds of.
    """
    keypoints, confidence = map(tf.convert_to_tensor, (fields.keypoints, fields.confidence))
    is_seen = confidence > 0.0
    is_weight = tf.math.is_finite(confidence) & (confidence >= 0.0)
    is_given = tf.reduce_all(tf.math.is_finite(keypoints), axis=2) | ~is_seen
    found = [
        Rule("confidence", "finite numbers from 0 on", tf.reduce_all(is_weight, axis=1)),
        Rule("confidence", "at least one above 0", tf.reduce_any(is_seen, axis=1)),
        Rule(
            "keypoints",
            "finite numbers where the confidence is above 0",
            tf.reduce_all(is_given, axis=1),
        ),
        Rule("intrinsics", camera_matrix.EXPECTED, camera_matrix.is_sound(fields.intrinsics)),
    ]
    if fields.part_labels is None or fields.part_boxes is None:
        return found
    labels, boxes = map(tf.convert_to_tensor, (fields.part_labels, fields.part_boxes))
    is_box = tf.reduce_all(tf.math.is_finite(boxes), axis=1)
    return [
        *found,
        Rule(
            "part_labels",
            f"numbers up to {NUM_PARTS}",
            tf.reduce_all(labels <= NUM_PARTS, axis=(1, 2)),
        ),
        Rule("part_boxes", "finite numbers", is_box),
        Rule(
            "part_boxes",
            "a positive width and height",
            tf.reduce_all(boxes[:, 2:] > 0.0, axis=1),
        ),
    ]


def all_hold(fields: Fields) -> tf.Tensor:
    """Returns of which people the evidence can be fitted, `(N,)` bool."""
    return tf.reduce_all(tf.stack([rule.holds for rule in rules(fields)]), axis=0)
