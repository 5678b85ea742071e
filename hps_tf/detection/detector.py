"""The embedded detector: who is in a photograph, and where their keypoints are.

MoveNet MultiPose finds candidates; Thunder then looks at each of them from near. Where Thunder's
keypoints are more like another candidate's than the candidate's own, Thunder has taken the
neighbour for the person: MultiPose's keypoints stay, and its score, unless the two candidates are
at one place and therefore the same person. Everywhere else Thunder's keypoints replace them, and
the score is the mean of MultiPose's score and Thunder's mean confidence: one of the two networks
alone often takes a thing for a person.

Thunder looks twice at people whose torso is not upright, the second time at a view turned by
quarters; the keypoints of the higher mean confidence are kept.

Convention: pixels of the image, centres at integers; boxes are left, top, width and height.
"""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from hps_tf.detection import candidates, oks, quarter_turns, single_pose, views
from hps_tf.detection.candidates import Candidates
from hps_tf.detection.movenet import NUM_KEYPOINTS, THUNDER_SIZE
from hps_tf.detection.people import People
from hps_tf.detection.single_pose import Pose

MAX_PEOPLE = 30

CROP_MARGIN = 1.25
"""Side of the square that Thunder sees, in longer sides of the person's box."""

LEAST_CANDIDATE = 0.05
LEAST_SCORE = 0.2
"""Scores of what is looked at from near, and of what counts as a person."""

LEAST_LIKENESS = 0.3
"""Similarity to another candidate from which on Thunder may have taken it for the person."""

SAME_PLACE = 0.6
"""Share of the union of two boxes from which on both are taken to hold the same person."""

SURE = 0.2
"""Confidence of keypoints that a person's box holds."""


class FoundPeople(NamedTuple):
    """K places for people of one image, the likeliest first; zeros where there is nobody.

    Attributes:
      boxes: `(K, 4)`.
      keypoints: `(K, 17, 2)` COCO's, x and y.
      confidence: `(K, 17)`, 0..1.
      score: `(K,)`, 0..1.
      num_people: `()` int32, how many places are taken.
    """

    boxes: tf.Tensor
    keypoints: tf.Tensor
    confidence: tf.Tensor
    score: tf.Tensor
    num_people: tf.Tensor


class Detector(tf.Module):
    """Finds people; a `PeopleDetector`.

    Args:
      multipose: `movenet.multipose` with weights.
      thunder: `movenet.thunder` with weights.
      max_people: How many people of an image `find_people` keeps, the likeliest.
    """

    def __init__(self, multipose: keras.Model, thunder: keras.Model, max_people: int = MAX_PEOPLE):
        super().__init__(name="detector")
        self.multipose = multipose
        self.thunder = thunder
        image = tf.TensorSpec((None, None, 3), tf.uint8)
        boxes = tf.TensorSpec((None, 4))
        # Traced once for all looks at people.
        self._looks = tf.function(self._looks_in_graph, autograph=False, reduce_retracing=True)
        self._find = tf.function(
            lambda image: self.find_people_in_graph(image, max_people),
            input_signature=[image],
            autograph=False,
        )
        self._look = tf.function(
            self.keypoints_in_graph, input_signature=[image, boxes], autograph=False
        )

    def find_people(self, images: Sequence[np.ndarray]) -> list[People]:
        """Finds everybody in images.

        Args:
          images: `(H, W, 3)` uint8 each; their sizes may differ.

        Returns:
          The people of each image.

        Raises:
          ValueError: If an image is of another type or shape.
        """
        found = []
        for index, image in enumerate(images):
            _check_image(f"images[{index}]", image)
            people = self._find(tf.constant(image))
            count = int(people.num_people)
            found.append(People(*(values[:count].numpy() for values in people[:4])))
        return found

    def keypoints(self, images: Sequence[np.ndarray], boxes: Sequence[np.ndarray]) -> list[People]:
        """Finds the keypoints of the people in boxes.

        Args:
          images: `(H, W, 3)` uint8 each; their sizes may differ.
          boxes: `(P, 4)` of each image, left, top, width and height.

        Returns:
          The people of each image, in the order of their boxes; a score is the mean confidence.

        Raises:
          ValueError: If an image or boxes are of another type or shape, or boxes are empty.
        """
        if len(images) != len(boxes):
            raise ValueError(
                f"expected boxes of {len(images)} images, received those of {len(boxes)}"
            )
        found = []
        for index, (image, given) in enumerate(zip(images, boxes, strict=True)):
            _check_image(f"images[{index}]", image)
            checked = _checked_boxes(f"boxes[{index}]", given)
            pose = self._look(tf.constant(image), tf.constant(checked))
            confidence = pose.confidence.numpy()
            score = confidence.mean(axis=1)
            found.append(People(checked, pose.keypoints.numpy(), confidence, score))
        return found

    def find_people_in_graph(self, image: tf.Tensor, max_people: int) -> FoundPeople:
        """Finds everybody in an image, by operations of the caller's graph.

        Args:
          image: `(H, W, 3)`, values 0..255, of any type and any size of at least a pixel.
          max_people: K.

        Returns:
          The people.
        """
        seen = candidates.find(self.multipose, image)
        seen = seen.best(2 * max_people, LEAST_CANDIDATE)
        near = self.keypoints_in_graph(image, seen.boxes, seen.keypoints)
        people = _agreed(seen, near).best(max_people, LEAST_SCORE)
        count = tf.shape(people.score)[0]

        def padded(values: tf.Tensor) -> tf.Tensor:
            paddings = [(0, max_people - count)] + [(0, 0)] * (values.shape.rank - 1)
            return tf.ensure_shape(tf.pad(values, paddings), (max_people, *values.shape[1:]))

        boxes, keypoints, confidence, score = map(padded, people)
        return FoundPeople(boxes, keypoints, confidence, score, count)

    def keypoints_in_graph(
        self, image: tf.Tensor, boxes: tf.Tensor, about: tf.Tensor | None = None
    ) -> Pose:
        """Finds the keypoints of the people in boxes, by operations of the caller's graph.

        Args:
          image: `(H, W, 3)`, values 0..255, of any type.
          boxes: `(P, 4)`.
          about: `(P, 17, 2)` keypoints that show which way up the people are; by default those
            found in the image as it is.

        Returns:
          The keypoints `(P, 17, 2)` and their confidence `(P, 17)`.
        """
        upright = self._looks(image, boxes, tf.zeros_like(boxes[:, 0], tf.int32))
        turns = quarter_turns.to_upright(upright.keypoints if about is None else about, boxes)
        rows = tf.where(turns > 0)
        turned = self._looks(image, tf.gather_nd(boxes, rows), tf.gather_nd(turns, rows))
        mean = tf.reduce_mean(upright.confidence, axis=1)
        is_surer = tf.reduce_mean(turned.confidence, axis=1) > tf.gather_nd(mean, rows)
        rows = tf.boolean_mask(rows, is_surer)
        surer = (tf.boolean_mask(values, is_surer) for values in turned)
        return Pose(
            *(
                tf.tensor_scatter_nd_update(values, rows, better)
                for values, better in zip(upright, surer, strict=True)
            )
        )

    def _looks_in_graph(self, image: tf.Tensor, boxes: tf.Tensor, turns: tf.Tensor) -> Pose:
        """Looks at people from near, each view turned by `turns` `(P,)` quarters."""

        def look(box_and_turn: tuple[tf.Tensor, tf.Tensor]) -> Pose:
            box, turn = box_and_turn
            view = views.around(box, CROP_MARGIN, THUNDER_SIZE)
            crop = tf.ensure_shape(view.cut(image), (THUNDER_SIZE, THUNDER_SIZE, 3))
            crop = quarter_turns.turned(crop, turn)
            pose = single_pose.decode(self.thunder(crop[tf.newaxis], training=False))
            keypoints = quarter_turns.turned_back(pose.keypoints[0], turn, THUNDER_SIZE)
            return Pose(view.points_in_image(keypoints), pose.confidence[0])

        # One by one: nobody's keypoints depend on who else is there, and memory stays small.
        signature = Pose(tf.TensorSpec((NUM_KEYPOINTS, 2)), tf.TensorSpec((NUM_KEYPOINTS,)))
        return tf.map_fn(look, (boxes, turns), fn_output_signature=signature, parallel_iterations=2)


def _agreed(seen: Candidates, near: Pose) -> Candidates:
    """Joins what the two networks say of the same people, the likeliest candidate first."""
    similarity = oks.between(near.keypoints, seen.keypoints, seen.confidence, seen.boxes)
    own = tf.linalg.diag_part(similarity)
    is_likelier = similarity > tf.maximum(own, LEAST_LIKENESS)[:, tf.newaxis]
    has_jumped = tf.reduce_any(is_likelier, axis=1)
    numbers = tf.range(tf.size(own))
    is_earlier = numbers < numbers[:, tf.newaxis]
    is_there = _shared(seen.boxes) > SAME_PLACE
    is_repeated = tf.reduce_any(is_likelier & is_earlier & is_there, axis=1)
    mean_score = 0.5 * (seen.score + tf.reduce_mean(near.confidence, axis=1))
    score = tf.where(has_jumped, seen.score, mean_score)
    return Candidates(
        boxes=tf.where(has_jumped[:, tf.newaxis], seen.boxes, _holding(seen.boxes, near)),
        keypoints=tf.where(has_jumped[:, tf.newaxis, tf.newaxis], seen.keypoints, near.keypoints),
        confidence=tf.where(has_jumped[:, tf.newaxis], seen.confidence, near.confidence),
        score=tf.where(is_repeated, 0.0, score),
    )


def _shared(boxes: tf.Tensor) -> tf.Tensor:
    """The shares `(P, P)` of the union of each two boxes `(P, 4)` that both cover."""
    first, last = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    low = tf.maximum(first[:, tf.newaxis], first)
    high = tf.minimum(last[:, tf.newaxis], last)
    both = tf.reduce_prod(tf.maximum(high - low, 0.0), axis=-1)
    area = boxes[:, 2] * boxes[:, 3]
    return tf.math.divide_no_nan(both, area[:, tf.newaxis] + area - both)


def _holding(boxes: tf.Tensor, pose: Pose) -> tf.Tensor:
    """Boxes enlarged to hold the keypoints that are sure."""
    is_sure = (pose.confidence > SURE)[..., tf.newaxis]
    first, last = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    places = tf.where(is_sure, pose.keypoints, first[:, tf.newaxis])
    first = tf.minimum(first, tf.reduce_min(places, axis=1))
    last = tf.maximum(last, tf.reduce_max(places, axis=1))
    return tf.concat([first, last - first], axis=1)


def _check_image(name: str, image: np.ndarray) -> None:
    shape, dtype = getattr(image, "shape", None), getattr(image, "dtype", None)
    is_image = shape is not None and len(shape) == 3 and shape[2] == 3 and min(shape) > 0
    if not is_image or dtype != np.uint8:
        received = type(image).__name__ if shape is None else f"{shape} of {dtype}"
        raise ValueError(f"`{name}`: expected (H, W, 3) of uint8, received {received}")


def _checked_boxes(name: str, boxes: np.ndarray) -> np.ndarray:
    checked = np.asarray(boxes, np.float32)
    if checked.ndim != 2 or checked.shape[1] != 4:
        raise ValueError(f"`{name}`: expected shape (P, 4), received {checked.shape}")
    if not (np.isfinite(checked).all() and (checked[:, 2:] > 0).all()):
        raise ValueError(
            f"`{name}`: expected left, top, width and height with positive sizes, received"
            f" {checked.tolist()}"
        )
    return checked
