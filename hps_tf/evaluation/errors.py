"""Errors of predicted people, one a person and summed up.

Convention: millimetres, and pixels of the network's input. What cannot be measured, since its label
is missing, is NaN and left out of means.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from hps_tf import rendering
from hps_tf.body import BodyModel
from hps_tf.evaluation.predicted_people import PredictedPeople
from hps_tf.metrics import image_evidence
from hps_tf.metrics.joint_error import pa_mpjpe

_CHUNK = 64
_MM = 1000.0


@dataclasses.dataclass(frozen=True, eq=False)
class ImageErrors:
    """Errors of N people.

    Attributes:
      mpjpe_mm: `(N,)` of Human3.6M's 17 joints, the pelvis fixed.
      pa_mpjpe_mm: `(N,)` of the same after Procrustes alignment.
      mpvpe_mm: `(N,)` of the vertices, the pelvis fixed.
      joint_errors_mm: `(N, 17)` by joint, the pelvis fixed.
      keypoint_error_px: `(N,)` of the body's projected keypoints.
      detection_error_px: `(N,)` of the heatmaps' keypoints.
      part_iou: `(N,)` of the rendered body's parts.
      part_map_iou: `(N,)` of the network's part maps.
    """

    mpjpe_mm: np.ndarray
    pa_mpjpe_mm: np.ndarray
    mpvpe_mm: np.ndarray
    joint_errors_mm: np.ndarray
    keypoint_error_px: np.ndarray
    detection_error_px: np.ndarray
    part_iou: np.ndarray
    part_map_iou: np.ndarray

    def means(self) -> dict[str, float]:
        """The mean of each over the people that it could be measured of; NaN without any."""
        return {
            field.name: mean(getattr(self, field.name))
            for field in dataclasses.fields(self)
            if field.name != "joint_errors_mm"
        }


def mean(values: np.ndarray) -> float:
    """The mean of what is not NaN, or NaN."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if there.size else float("nan")


def errors_of(people: PredictedPeople, body: BodyModel, *, map_stride: int) -> ImageErrors:
    """Measures predicted people against their labels.

        errors = errors_of(people, body, map_stride=4)

    Args:
      people: The people.
      body: The body model of predictions and labels.
      map_stride: Pixels of the network's input to one of its maps.
    """
    labels = people.labels
    has_pose, has_markers = labels["has_pose"] > 0, labels["has_markers"] > 0
    chunks = [_body_errors(people, body, rows) for rows in _chunks(len(people))]
    joints, procrustes, vertices = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    has_joints = has_pose | has_markers
    has_keypoints = labels["has_keypoints"] > 0
    has_parts = labels["has_parts"] > 0
    weights = labels["keypoint_weights"] * has_keypoints[:, np.newaxis]
    target = labels["keypoints_2d"]
    return ImageErrors(
        mpjpe_mm=np.where(has_joints, joints.mean(axis=1), np.nan),
        pa_mpjpe_mm=np.where(has_joints, procrustes, np.nan),
        mpvpe_mm=np.where(has_pose, vertices, np.nan),
        joint_errors_mm=np.where(has_joints[:, np.newaxis], joints, np.nan),
        keypoint_error_px=image_evidence.keypoint_error(people.keypoints_2d, target, weights),
        detection_error_px=image_evidence.keypoint_error(people.detected_2d, target, weights),
        part_iou=np.where(
            has_parts,
            image_evidence.part_iou(
                rendered_parts(people, body, map_stride), labels["part_labels"]
            ),
            np.nan,
        ),
        part_map_iou=np.where(
            has_parts, image_evidence.part_iou(people.part_maps, labels["part_labels"]), np.nan
        ),
    )


def rendered_parts(people: PredictedPeople, body: BodyModel, map_stride: int) -> np.ndarray:
    """The visible parts of the predicted bodies, `(N, h, h)` uint8 at the size of the maps."""
    size = people.part_maps.shape[1:]
    # Pixel centres: (u + 1/2) / stride - 1/2.
    to_map = np.diag([1.0 / map_stride, 1.0 / map_stride, 1.0])
    to_map[:2, 2] = 0.5 / map_stride - 0.5
    intrinsics = to_map @ people.labels["intrinsics"]
    maps = []
    for rows in _chunks(len(people)):
        vertices = body(
            rotation_matrices=people.rotation_matrices[rows],
            shape=people.shape[rows],
            translation=people.translation[rows],
        ).vertices.numpy()
        raster = rendering.rasterize(vertices, body.faces, intrinsics[rows], size)
        maps.append(rendering.part_labels(raster, body.face_parts))
    return np.concatenate(maps)


def joints_and_targets(people: PredictedPeople, body: BodyModel) -> tuple[np.ndarray, np.ndarray]:
    """Human3.6M's 17 joints `(N, 17, 3)`, metres: the predicted ones and those labelled.

    The labelled are the captured ones where there are any, otherwise those of the labelled pose;
    without either they mean nothing.
    """
    pairs = [_joints(people, body, rows) for rows in _chunks(len(people))]
    found, target = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    return found, target


def _joints(people: PredictedPeople, body: BodyModel, rows: slice) -> tuple[np.ndarray, np.ndarray]:
    labels = {name: people.labels[name][rows] for name in ("pose", "shape", "translation")}
    found = body.keypoints(
        "h36m17",
        rotation_matrices=people.rotation_matrices[rows],
        shape=people.shape[rows],
        translation=people.translation[rows],
    )
    has_markers = people.labels["has_markers"][rows, np.newaxis, np.newaxis] > 0
    posed = body.keypoints("h36m17", **labels)
    return found.numpy(), np.where(has_markers, people.labels["markers_3d"][rows], posed)


def _body_errors(
    people: PredictedPeople, body: BodyModel, rows: slice
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors by joint, after Procrustes alignment, and of vertices, millimetres."""
    joints, target = _joints(people, body, rows)
    offsets = (joints - joints[:, :1]) - (target - target[:, :1])
    labels = {name: people.labels[name][rows] for name in ("pose", "shape", "translation")}
    found_body = body(rotation_matrices=people.rotation_matrices[rows], shape=people.shape[rows])
    true_body = body(**labels)
    by_vertex = (found_body.vertices - found_body.joints[:, :1]) - (
        true_body.vertices - true_body.joints[:, :1]
    )
    return (
        _MM * np.linalg.norm(offsets, axis=-1),
        _MM * pa_mpjpe(joints, target).numpy(),
        _MM * tf.reduce_mean(tf.norm(by_vertex, axis=-1), axis=1).numpy(),
    )


def _chunks(count: int) -> Iterable[slice]:
    return (slice(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK))
