"""Predictions for a whole split of prepared images, beside their labels."""

import dataclasses
import functools
from collections.abc import Callable, Collection, Iterator

import numpy as np
import tensorflow as tf

from hps_tf.data.images import augmentation, image_records
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.errors import InputError
from hps_tf.field_shapes import ShapesInRepr
from hps_tf.geometry.spread import Spread
from hps_tf.models import GroundTruthEvidence, ImagePrediction, Predictor
from hps_tf.models.ground_truth_evidence import EVIDENCE


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PredictedPeople(ShapesInRepr):
    """The people of N images at the network's size, and their labels.

    Attributes:
      labels: The result of `hps_tf.data.images.image_records.parse`, as arrays of N, without the
        images; part labels have the size of the network's maps.
      rotation_matrices: `(N, 24, 3, 3)`.
      shape: `(N, num_shape)`.
      translation: `(N, 3)` metres.
      keypoints_2d: `(N, 17, 2)` projected COCO keypoints, pixels of the network's input.
      detected_2d: `(N, 17, 2)` keypoints of the heatmaps.
      confidence: `(N, 17)` theirs.
      part_maps: `(N, h, h)` uint8 the likeliest labels.
      part_confidence: `(N, 14)` mean probability of each part where it is the likeliest.
      spread: How unsure they are; None where the network does not say it.
    """

    labels: dict[str, np.ndarray]
    rotation_matrices: np.ndarray
    shape: np.ndarray
    translation: np.ndarray
    keypoints_2d: np.ndarray
    detected_2d: np.ndarray
    confidence: np.ndarray
    part_maps: np.ndarray
    part_confidence: np.ndarray
    spread: Spread | None = None

    def __len__(self) -> int:
        return len(self.translation)


def predict_split(
    predictor: Predictor,
    dataset: ImageDataset,
    *,
    max_examples: int | None = None,
    numbers: np.ndarray | None = None,
    batch_size: int = 32,
    ground_truth_evidence: bool | Collection[str] = False,
    progress: Callable[[int], None] | None = None,
) -> PredictedPeople:
    """Predicts the people of a split.

    Args:
      predictor: The network with its body.
      dataset: The images.
      max_examples: Upper limit; the images are picked evenly.
      numbers: `(N,)` which examples, in place of `max_examples`.
      batch_size: Images predicted at a time.
      ground_truth_evidence: True: pose and shape are found from keypoints and part maps made of the
        labels (teacher forcing), in images that have both labels; or which of
        `hps_tf.models.ground_truth_evidence.EVIDENCE` are made of the labels.
      progress: Called with the number of images predicted since the last call.

    Returns:
      The people in the order of the split, or of `numbers`.

    Raises:
      InputError: If a record is damaged.
    """
    if numbers is None:
        total = len(dataset)
        count = total if max_examples is None else min(max_examples, total)
        numbers = np.arange(count) * total // count
    pieces = []
    kinds = EVIDENCE if ground_truth_evidence is True else ground_truth_evidence or ()
    find = _from_labels(predictor, kinds) if kinds else _from_images(predictor)
    for batch in batches(dataset, predictor, numbers, batch_size):
        pieces.append(_people(find(batch), batch))
        if progress is not None:
            progress(len(pieces[-1]))
    fields = [field.name for field in dataclasses.fields(PredictedPeople)][1:-1]
    labels = {
        name: np.concatenate([piece.labels[name] for piece in pieces]) for name in pieces[0].labels
    }
    arrays = {
        field: np.concatenate([getattr(piece, field) for piece in pieces]) for field in fields
    }
    spreads = [piece.spread for piece in pieces if piece.spread is not None]
    spread = Spread(*map(np.concatenate, zip(*spreads, strict=True))) if spreads else None
    return PredictedPeople(labels, **arrays, spread=spread)


def batches(
    dataset: ImageDataset, predictor: Predictor, numbers: np.ndarray, batch_size: int
) -> Iterator[image_records.Batch]:
    """Reads examples by number, at the network's sizes, some at a time."""
    options = predictor.network.options
    for start in range(0, len(numbers), batch_size):
        records = dataset.records(numbers[start : start + batch_size])
        try:
            batch = image_records.parse(records, dataset.image_size, dataset.num_shape)
        except tf.errors.OpError as error:
            reason = str(error.message).splitlines()[0]
            raise InputError(
                f"{dataset.directory}: expected examples of images, received: {reason}"
            ) from None
        yield augmentation.resize(batch, options.image_size, options.map_size)


def predict(predictor: Predictor, batch: image_records.Batch) -> PredictedPeople:
    """Predicts the people of a batch at the network's size; it needs no labels.

    Args:
      predictor: The network with its body.
      batch: `image` (N, S, S, 3) in 0..1, `intrinsics` (N, 3, 3), and any labels.

    Returns:
      The people; the batch without its images is their labels.
    """
    return _people(_from_images(predictor)(batch), batch)


def _from_images(predictor: Predictor) -> Callable[[image_records.Batch], ImagePrediction]:
    return lambda batch: predictor(batch["image"], batch["intrinsics"])


def _from_labels(
    predictor: Predictor, kinds: Collection[str]
) -> Callable[[image_records.Batch], ImagePrediction]:
    @functools.partial(tf.function, autograph=False, reduce_retracing=True)
    def find(batch: image_records.Batch) -> ImagePrediction:
        ground_truth = GroundTruthEvidence.from_labels(
            batch["has_keypoints"] * batch["has_parts"] > 0.0,
            batch["keypoints_2d"],
            batch["keypoint_weights"],
            batch["part_labels"],
            predictor.network.options.map_stride,
            kinds,
        )
        return predictor.predict(batch["image"], batch["intrinsics"], ground_truth)

    return find


def _people(found: ImagePrediction, batch: image_records.Batch) -> PredictedPeople:
    people, detected, part_maps, spread = found
    likeliest = tf.argmax(part_maps, axis=-1).numpy().astype(np.uint8)
    is_part = tf.one_hot(likeliest, part_maps.shape[-1])
    sure = tf.math.divide_no_nan(
        tf.reduce_sum(part_maps * is_part, axis=(1, 2)), tf.reduce_sum(is_part, axis=(1, 2))
    )
    labels = {name: tensor.numpy() for name, tensor in batch.items() if name != "image"}
    return PredictedPeople(
        labels,
        people.rotation_matrices.numpy(),
        people.shape.numpy(),
        people.translation.numpy(),
        people.keypoints_2d.numpy(),
        detected.keypoints_2d.numpy(),
        detected.confidence.numpy(),
        likeliest,
        sure.numpy()[:, 1:],
        None if spread is None else tf.nest.map_structure(np.asarray, spread),
    )
