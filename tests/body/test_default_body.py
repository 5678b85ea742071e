import re

import numpy as np
import pytest
import tensorflow as tf

import hps_tf.body
from hps_tf.body import default_body
from hps_tf.body.parts import PART_NAMES
from hps_tf.body.skeleton import COCO17_NAMES, H36M17_NAMES, JOINT_NAMES, MIRROR_JOINTS


@pytest.fixture(params=default_body.LEVELS)
def level(request):
    return hps_tf.body.load_default(num_vertices=request.param)


def test_level_has_exactly_the_vertices_asked_for(level):
    vertices = level().vertices
    assert vertices.shape == (1, level.num_vertices, 3)
    assert level.num_vertices in (6890, 3000)
    assert level.num_shape == 16


def test_surface_is_closed_and_faces_outwards(level):
    edges = level.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    assert len(np.unique(edges, axis=0)) == len(edges)
    reversed_edges = {tuple(edge) for edge in edges[:, ::-1].tolist()}
    assert reversed_edges == {tuple(edge) for edge in edges.tolist()}

    corners = level().vertices.numpy()[0][level.faces]
    normals = np.cross(corners[:, 1], corners[:, 2])
    volume = np.einsum("fc,fc->", corners[:, 0], normals) / 6.0
    assert 0.04 < volume < 0.09  # cubic metres


def test_every_part_has_vertices_and_faces_on_its_side(level):
    vertices = level().vertices.numpy()[0]
    for label, name in enumerate(PART_NAMES[1:], start=1):
        assert (level.face_parts == label).sum() > 20
        x = vertices[level.vertex_parts == label, 0]
        assert len(x) > 20
        if "left" in name:
            assert x.mean() > 0.05
        if "right" in name:
            assert x.mean() < -0.05


def test_zero_pose_has_horizontal_arms_and_faces_forwards(body):
    joints = dict(zip(JOINT_NAMES, body.joints().numpy()[0], strict=True))
    for side, outwards in (("l", 1.0), ("r", -1.0)):
        arm = np.array([joints[f"{side}_{n}"] for n in ("shoulder", "elbow", "wrist", "hand")])
        np.testing.assert_allclose(np.ptp(arm[:, 1:], axis=0), 0.0, atol=1e-4)
        assert (np.diff(arm[:, 0]) * outwards > 0.05).all()
    assert joints["l_hip"][0] > 0.05
    assert joints["head"][1] > 0.5
    assert joints["l_foot"][2] > joints["l_ankle"][2] + 0.05


def test_zero_pose_has_palms_down():
    # The little finger's side of the hand is behind, the thumb's in front, at the same height.
    level = hps_tf.body.load_default(6890)
    vertices = level().vertices.numpy()[0]
    hand = vertices[level.vertex_parts == PART_NAMES.index("left_hand")]
    assert np.ptp(hand[:, 2]) > 1.3 * np.ptp(hand[:, 1])
    thumb = hand[hand[:, 2].argmax()]
    assert thumb[0] < np.median(hand[:, 0]) + 0.05


def test_pelvis_is_at_the_origin_for_every_shape(body, rng):
    joints = body.joints(shape=rng.normal(size=(8, 16)).astype(np.float32)).numpy()
    np.testing.assert_array_equal(joints[:, 0], 0.0)


def test_weights_are_convex(data):
    assert (data.weights >= 0.0).all()
    np.testing.assert_allclose(data.weights.sum(axis=1), 1.0, atol=1e-12)


def test_joints_are_symmetric_for_every_shape(body, rng):
    joints = body.joints(shape=rng.normal(size=(8, 16)).astype(np.float32)).numpy()
    mirrored = joints[:, MIRROR_JOINTS] * [-1.0, 1.0, 1.0]
    np.testing.assert_allclose(joints, mirrored, atol=2e-4)


def test_people_are_of_plausible_height(body, rng):
    shapes = np.clip(rng.normal(size=(50, 16)), -2.0, 2.0).astype(np.float32)
    heights = np.ptp(body(shape=shapes).vertices.numpy()[..., 1], axis=1)
    assert heights.min() > 1.35
    assert heights.max() < 2.1
    assert 1.6 < heights.mean() < 1.75


def test_first_component_makes_people_taller(body):
    shapes = np.zeros((3, 16), np.float32)
    shapes[:, 0] = -1.0, 0.0, 1.0
    heights = np.ptp(body(shape=shapes).vertices.numpy()[..., 1], axis=1)
    assert (np.diff(heights) > 0.05).all()


def test_levels_share_skeleton_and_keypoints(rng):
    pose = rng.normal(0.0, 0.3, (2, 24, 3)).astype(np.float32)
    shape = rng.normal(size=(2, 16)).astype(np.float32)
    fine, coarse = (hps_tf.body.load_default(n) for n in default_body.LEVELS)
    for function in ("joints", "keypoints"):
        names = ["coco17"] if function == "keypoints" else []
        results = [getattr(b, function)(*names, pose=pose, shape=shape) for b in (fine, coarse)]
        np.testing.assert_array_equal(*results)


def test_coarse_surface_stays_near_the_fine_one():
    from scipy.spatial import cKDTree

    fine, coarse = (hps_tf.body.load_default(n)().vertices.numpy()[0] for n in default_body.LEVELS)
    distances, _ = cKDTree(fine).query(coarse)
    assert distances.mean() < 0.008


def test_face_keypoints_lie_on_the_face(body):
    points = dict(zip(COCO17_NAMES, body.keypoints("coco17").numpy()[0], strict=True))
    assert points["nose"][2] > points["left_eye"][2] > points["left_ear"][2]
    assert points["left_ear"][0] > points["left_eye"][0] > 0.0
    assert points["right_eye"][0] < 0.0
    assert points["left_eye"][1] > points["nose"][1]


def test_human36m_keypoints_stand_in_line(body):
    points = dict(zip(H36M17_NAMES, body.keypoints("h36m17").numpy()[0], strict=True))
    heights = [points[name][1] for name in ("pelvis", "spine", "thorax", "jaw", "head_top")]
    assert (np.diff(heights) > 0.08).all()
    mid_hip = 0.5 * (points["left_hip"] + points["right_hip"])
    np.testing.assert_allclose(points["pelvis"], mid_hip, atol=1e-6)


def test_face_keypoints_move_with_the_head_only(body, rng):
    pose = np.zeros((2, 24, 3), np.float32)
    pose[1, JOINT_NAMES.index("head")] = 0.5, 0.0, 0.0
    nodding = body.keypoints("coco17", pose=pose).numpy()
    np.testing.assert_array_equal(nodding[0, 5:], nodding[1, 5:])
    assert nodding[1, 0, 1] < nodding[0, 0, 1] - 0.02  # the nose goes down

    face = nodding[:, :5]
    distances = np.linalg.norm(face[:, :, None] - face[:, None], axis=-1)
    np.testing.assert_allclose(distances[0], distances[1], atol=1e-6)


def test_unknown_level_lists_the_known_ones():
    message = re.escape("`num_vertices`: expected one of (6890, 3000), received 1000")
    with pytest.raises(ValueError, match=message):
        hps_tf.body.load_default(1000)


def test_vertices_of_parts_are_uint8(level):
    assert level.vertex_parts.dtype == level.face_parts.dtype == np.uint8
    assert level.faces.dtype == np.int32
    assert level().vertices.dtype == tf.float32


def _volumes(body, vertices):
    """By the divergence theorem, litres."""
    corners = vertices[:, body.faces].astype(np.float64)
    return (
        1000
        / 6
        * np.einsum("bfi,bfi->b", corners[:, :, 0], np.cross(*np.moveaxis(corners[:, :, 1:], 2, 0)))
    )


def test_components_change_height_and_volume_as_documented(body):
    shapes = np.concatenate([np.zeros((1, 16)), -2 * np.eye(16), 2 * np.eye(16)])
    vertices = body(shape=shapes.astype(np.float32)).vertices.numpy()
    heights = 100 * np.ptp(vertices[..., 1], axis=1)
    volumes = _volumes(body, vertices)
    assert (heights[0], volumes[0]) == pytest.approx((166.7, 56.6), abs=0.6)
    heights, volumes = (np.split(each[1:] - each[0], 2) for each in (heights, volumes))
    assert (heights[0][0], heights[1][0]) == pytest.approx((-19.3, 19.6), abs=0.5)
    assert (volumes[0][0], volumes[1][0]) == pytest.approx((-17.4, 23.7), abs=0.8)
    np.testing.assert_allclose(volumes[1][[4, 5, 6, 7, 8]], [5.4, 6.5, -5.1, 2.2, -1.9], atol=0.5)
    assert np.abs(heights)[:, 4:].max() < 0.5
    assert np.abs(volumes)[:, 9:].max() < 0.6
