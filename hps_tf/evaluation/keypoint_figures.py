"""Errors of a detector's keypoints on rendered people, whose keypoints are known exactly.

Each image is taken as the detector's view of its one person. Where a detector sees a landmark is
not quite where the body model has it: the systematic part is a point's displacement in the frame
of a joint, by least squares over all people, trimmed. What then remains is given by keypoint and by
the detector's confidence, as a share of the longer side of the box about the true keypoints. These
are the figures that `hps_tf.data.keypoint_noise.movenet_noise` draws its errors by.
"""

import itertools
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from hps_tf.body import BodyModel, kinematics, load_small
from hps_tf.body.skeleton import COCO17_NAMES, JOINT_NAMES, mirror_permutation
from hps_tf.data.images import image_records
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.keypoint_noise import movenet_noise
from hps_tf.detection import PeopleDetector
from hps_tf.detection.detector import CROP_MARGIN
from hps_tf.geometry import axis_angle, camera

QUANTILES = (0.25, 0.5, 0.75, 0.9, 0.95)
CONFIDENCES = np.linspace(0.0, 1.0, 11)

_BATCH = 32
_FEWEST_INSIDE = 8  # Keypoints of a person that is measured.
_FOUND = 0.15  # Median error of a person above which somebody else, or nobody, was found.
_NEAR = 0.06  # Errors that are displacements rather than mistakes.
_SURE = 0.3
_TRIMMED = 3.0  # Medians of what remains.
_NUM_TRIMMINGS = 5
_EXCHANGED = 0.6  # Of the error as it is, that after exchanging left and right.
_APART = 0.08  # An exchange of sides nearer to each other cannot be recognised.


class Measured(NamedTuple):
    """N people: truth and detections, pixels and metres.

    Attributes:
      found: `(N, 17, 2)`.
      confidence: `(N, 17)`.
      true: `(N, 17, 2)`.
      is_inside: `(N, 17)` whether the image holds the keypoint.
      responses: `(N, 17, 2, 3)` pixels a keypoint moves by a metre in the frame of its joint.
    """

    found: np.ndarray
    confidence: np.ndarray
    true: np.ndarray
    is_inside: np.ndarray
    responses: np.ndarray


def look(detector: PeopleDetector, dataset: ImageDataset, max_images: int | None) -> Measured:
    """Finds the keypoints of a dataset's people.

    Args:
      detector: The detector.
      dataset: Images with keypoints and poses of the embedded body.
      max_images: How many at most.
    """
    body = load_small()
    parts = []
    numbers = np.arange(min(len(dataset), max_images or len(dataset)))
    with tqdm(total=len(numbers), desc="looking", unit="image", delay=1.0) as bar:
        for begin in range(0, len(numbers), _BATCH):
            parts.append(_look(detector, dataset, numbers[begin : begin + _BATCH], body))
            bar.update(len(parts[-1].found))
    joined = Measured(*(np.concatenate(values) for values in zip(*parts, strict=True)))
    return Measured(*(values[joined.is_inside.sum(axis=1) >= _FEWEST_INSIDE] for values in joined))


def _look(
    detector: PeopleDetector, dataset: ImageDataset, numbers: np.ndarray, body: BodyModel
) -> Measured:
    size = dataset.image_size
    side = size / CROP_MARGIN
    box = np.array([[(size - side) / 2 - 0.5, (size - side) / 2 - 0.5, side, side]], np.float32)
    records = tf.constant(dataset.records(numbers))
    batch = image_records.parse(records, size, dataset.num_shape)
    images = list(np.round(255 * batch["image"].numpy()).astype(np.uint8))
    people = detector.keypoints(images, [box] * len(images))
    rotations = axis_angle.to_matrix(batch["pose"])
    points = body.keypoints(
        "coco17",
        rotation_matrices=rotations,
        shape=batch["shape"],
        translation=batch["translation"],
    )
    turns = tf.gather(kinematics.global_rotations(rotations), movenet_noise.FRAMES, axis=1).numpy()
    focal = batch["intrinsics"][:, 0, 0].numpy()[:, None, None, None]
    depth = points[..., 2:, None].numpy()
    slopes = camera.viewing_slopes(batch["keypoints_2d"], batch["intrinsics"]).numpy()
    responses = focal / depth * (turns[..., :2, :] - slopes[..., None] * turns[..., 2:, :])
    return Measured(
        np.concatenate([person.keypoints for person in people]),
        np.concatenate([person.confidence for person in people]),
        batch["keypoints_2d"].numpy(),
        batch["keypoint_weights"].numpy() > 0,
        responses,
    )


def measure(people: Measured) -> dict:
    """Takes the errors apart.

    Returns:
      `num_people`; `missed`, the share of people found somewhere else; `exchanged`, the share of
      the others whose sides are exchanged; `keypoints`, by name `joint`, `displacement` in its
      frame (metres) and `quantiles` of what remains; `confidences`, by range the `share` of
      keypoints and `quantiles`; `outside`, quantiles of the confidence of what the image does not
      hold.
    """
    inside = np.where(people.is_inside[..., None], people.true, np.nan)
    size = np.nanmax(np.nanmax(inside, axis=1) - np.nanmin(inside, axis=1), axis=1)
    offsets = (people.found - people.true) / size[:, None, None]
    responses = people.responses / size[:, None, None, None]
    distances = np.where(people.is_inside, np.linalg.norm(offsets, axis=2), np.nan)
    is_found = np.nanmedian(distances, axis=1) < _FOUND
    remaining = np.empty_like(distances)
    keypoints = {}
    for index, name in enumerate(COCO17_NAMES):
        is_near = is_found & (people.confidence[:, index] > _SURE) & (distances[:, index] < _NEAR)
        moved = _displacement(responses[:, index], offsets[:, index], is_near)
        error = np.linalg.norm(offsets[:, index] - responses[:, index] @ moved, axis=1)
        remaining[:, index] = np.where(people.is_inside[:, index], error, np.nan)
        keypoints[name] = {
            "joint": JOINT_NAMES[movenet_noise.FRAMES[index]],
            "displacement": moved.round(4).tolist(),
            "quantiles": _quantiles(remaining[is_found, index]),
        }
    ranges = {}
    for low, high in itertools.pairwise(CONFIDENCES):
        is_here = people.is_inside & (people.confidence >= low) & (people.confidence < high + 1e-6)
        ranges[f"{low:.1f}-{high:.1f}"] = {
            "share": float(is_here.sum() / people.is_inside.sum()),
            "quantiles": _quantiles(remaining[is_here]),
        }
    return {
        "num_people": len(size),
        "missed": float(1.0 - is_found.mean()),
        "exchanged": _exchanged(people, size, is_found),
        "keypoints": keypoints,
        "confidences": ranges,
        "outside": _quantiles(people.confidence[~people.is_inside]),
    }


def _displacement(responses: np.ndarray, offsets: np.ndarray, is_used: np.ndarray) -> np.ndarray:
    """Fits the `(3,)` displacement to `(N, 2)` offsets, leaving out what stays far from it."""
    used = is_used
    moved = np.zeros(3)
    for _ in range(_NUM_TRIMMINGS):
        if np.count_nonzero(used) < 2:
            return moved
        moved = np.linalg.lstsq(
            responses[used].reshape(-1, 3), offsets[used].reshape(-1), rcond=None
        )[0]
        error = np.linalg.norm(offsets - responses @ moved, axis=1)
        used = is_used & (error <= _TRIMMED * np.median(error[is_used]))
    return moved


def _exchanged(people: Measured, size: np.ndarray, is_found: np.ndarray) -> float:
    """The share of people whose found keypoints are nearer to the other side's."""
    other = mirror_permutation(COCO17_NAMES)
    sides = np.array([index for index, mirrored in enumerate(other) if mirrored != index])

    def mean_distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.linalg.norm(first - second, axis=2)[:, sides].mean(axis=1) / size

    as_is = mean_distance(people.found, people.true)
    exchanged = mean_distance(people.found[:, other], people.true)
    told = is_found & (mean_distance(people.true[:, other], people.true) > _APART)
    return float(np.mean(exchanged[told] < _EXCHANGED * as_is[told])) if told.any() else 0.0


def _quantiles(values: np.ndarray) -> list[float] | None:
    values = values[np.isfinite(values)]
    return np.quantile(values, QUANTILES).round(4).tolist() if len(values) else None
