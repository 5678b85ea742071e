import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.evaluation import PredictedPeople, errors_of
from hps_tf.evaluation.errors import rendered_parts
from hps_tf.geometry import axis_angle, camera

STRIDE = 4


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


@pytest.fixture
def people(body):
    """Three people found exactly as they are."""
    rng = np.random.default_rng(0)
    pose = rng.normal(0, 0.2, (3, 24, 3)).astype(np.float32)
    pose[:, 0] = [np.pi, 0, 0]
    shape = rng.normal(size=(3, 16)).astype(np.float32)
    translation = np.array([[0, 0, 4], [0.2, 0, 5], [0, 0.1, 4]], np.float32)
    intrinsics = np.tile(np.array([[90, 0, 31.5], [0, 90, 31.5], [0, 0, 1]], np.float32), (3, 1, 1))
    arguments = {"pose": pose, "shape": shape, "translation": translation}
    keypoints = camera.project(body.keypoints("coco17", **arguments), intrinsics).numpy()
    labels = {
        **arguments,
        "intrinsics": intrinsics,
        "keypoints_2d": keypoints,
        "keypoint_weights": np.ones((3, 17), np.float32),
        "markers_3d": np.zeros((3, 17, 3), np.float32),
        "part_labels": np.zeros((3, 16, 16), np.uint8),
        **{f"has_{label}": np.ones(3, np.float32) for label in ("pose", "keypoints", "parts")},
        "has_markers": np.zeros(3, np.float32),
    }
    exact = PredictedPeople(
        labels=labels,
        rotation_matrices=axis_angle.to_matrix(tf.constant(pose)).numpy(),
        shape=shape,
        translation=translation,
        keypoints_2d=keypoints,
        detected_2d=keypoints + np.float32([3, 4]),
        confidence=np.ones((3, 17), np.float32),
        part_maps=np.zeros((3, 16, 16), np.uint8),
        part_confidence=np.ones((3, 14), np.float32),
    )
    labels["part_labels"] = rendered_parts(exact, body, STRIDE)
    return dataclasses.replace(exact, part_maps=labels["part_labels"])


def test_people_found_exactly_have_no_error(people, body):
    means = errors_of(people, body, map_stride=STRIDE).means()
    for name in ("mpjpe_mm", "pa_mpjpe_mm", "mpvpe_mm", "keypoint_error_px"):
        assert means[name] == pytest.approx(0, abs=0.05)
    assert means["part_iou"] == means["part_map_iou"] == 1
    assert means["detection_error_px"] == pytest.approx(5, abs=1e-4)


def test_a_turn_counts_in_mpjpe_and_not_after_procrustes(people, body):
    turned = people.rotation_matrices.copy()
    turned[:, 0] = np.diag([-1, 1, -1]) @ turned[:, 0]
    errors = errors_of(
        dataclasses.replace(people, rotation_matrices=turned), body, map_stride=STRIDE
    )
    assert errors.mpjpe_mm.min() > 100
    assert errors.pa_mpjpe_mm.max() < 0.1


def test_where_a_person_stands_does_not_count_in_3d(people, body):
    moved = dataclasses.replace(people, translation=people.translation + np.float32([1, 0, 2]))
    errors = errors_of(moved, body, map_stride=STRIDE)
    assert errors.mpjpe_mm.max() < 0.05
    assert np.nanmin(1 - errors.part_iou) > 0.3


def test_captured_markers_are_the_truth_where_there_are_any(people, body):
    posed = body.keypoints("h36m17", **{
        name: people.labels[name] for name in ("pose", "shape", "translation")
    }).numpy()  # fmt: skip
    posed[1, 5] += [0.017, 0, 0]
    labels = people.labels | {
        "markers_3d": posed, "has_markers": np.array([0, 1, 0], np.float32)
    }  # fmt: skip
    errors = errors_of(dataclasses.replace(people, labels=labels), body, map_stride=STRIDE)
    np.testing.assert_allclose(errors.mpjpe_mm, [0, 1, 0], atol=0.05)
    np.testing.assert_allclose(errors.joint_errors_mm[1, 5], 17, atol=0.1)


def test_what_is_not_labelled_is_not_measured(people, body):
    nobody = {f"has_{label}": np.zeros(3, np.float32) for label in ("pose", "keypoints", "parts")}
    labels = people.labels | nobody
    means = errors_of(dataclasses.replace(people, labels=labels), body, map_stride=STRIDE).means()
    assert all(np.isnan(value) for value in means.values())
