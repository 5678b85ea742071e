import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hps_tf.body import BodyModel, default_body
from hps_tf.body.skeleton import MIRROR_JOINTS
from hps_tf.data.images.augmentation import Augmentation, geometry
from hps_tf.data.images.augmentation.geometry import View
from hps_tf.geometry import camera

VIEWS = {
    "same": {},
    "scale": {"scale": 1.2},
    "angle": {"angle": 0.5},
    "shift": {"shift": (0.06, -0.04)},
    "mirrored": {"mirrored": True},
    "all": {"scale": 0.85, "angle": -0.45, "shift": (-0.05, 0.07), "mirrored": True},
}


def view_of(count, scale=1.0, angle=0.0, shift=(0.0, 0.0), mirrored=False) -> View:
    return View(
        tf.fill([count], scale),
        tf.fill([count], angle),
        tf.tile([shift], [count, 1]),
        tf.fill([count], mirrored),
    )


def of_body(batch):
    return {field: batch[field] for field in ("pose", "shape", "translation")}


@pytest.fixture(scope="module")
def batch(make_batch):
    return make_batch(3, 256)


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize(
    ("input_size", "size", "parts_size"), [(512, 256, 256), (512, 256, 128), (384, 400, 300)]
)
def test_the_body_rendered_anew_has_the_labels_of_the_new_image(
    name, input_size, size, parts_size, make_batch, render_parts
):
    seen = geometry.apply(make_batch(3, input_size), view_of(3, **VIEWS[name]), size, parts_size)
    whole = tf.constant([0.0, 0.0, size, size])
    resized = camera.crop_intrinsics(seen["intrinsics"], whole, (parts_size, parts_size))
    expected = render_parts(seen | {"intrinsics": resized}, parts_size)
    for labels, rendered in zip(seen["part_labels"].numpy(), expected, strict=True):
        rows, columns = np.nonzero(rendered)
        box = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert (labels[box] == rendered[box]).mean() >= 0.98


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("size", [256, 96])
def test_keypoints_and_markers_are_those_of_the_body_posed_anew(name, size, batch, body):
    seen = geometry.apply(batch, view_of(3, **VIEWS[name]), size, size)
    keypoints = camera.project(body.keypoints("coco17", **of_body(seen)), seen["intrinsics"])
    np.testing.assert_allclose(seen["keypoints_2d"], keypoints, atol=0.05)
    markers = body.keypoints("h36m17", **of_body(seen))
    np.testing.assert_allclose(seen["markers_3d"], markers, atol=1e-4)


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize(("input_size", "size"), [(96, 96), (96, 64), (64, 96), (129, 40)])
def test_pixels_move_as_the_principal_point_does(name, input_size, size):
    # An image whose colours are its coordinates, and cameras that look at all of its pixels.
    view = view_of(1, **VIEWS[name])
    grid = np.stack(np.meshgrid(*[np.arange(input_size, dtype=np.float32)] * 2), axis=-1)
    coordinates = geometry.warp_images(tf.constant(grid[None]), view, size)[0].numpy()
    margin = 2 * input_size / size
    inside = ((coordinates > margin) & (coordinates < input_size - 1 - margin)).all(-1)
    rows, columns = np.nonzero(inside)
    assert len(rows) > size**2 / 4
    picked = np.random.default_rng(0).choice(len(rows), 30, replace=False)
    rows, columns = rows[picked], columns[picked]
    centres = coordinates[rows, columns]
    intrinsics = np.tile(np.eye(3, dtype=np.float32), (len(rows), 1, 1))
    intrinsics[:, :2, 2] = centres
    examples = example_of(len(rows), input_size) | {"intrinsics": intrinsics}
    seen = geometry.apply(examples, view_of(len(rows), **VIEWS[name]), size, size)
    expected = np.stack([columns, rows], axis=-1)
    np.testing.assert_allclose(seen["intrinsics"][:, :2, 2], expected, atol=2e-3)


def example_of(count: int, size: int):
    """Examples without any label."""
    shapes = {
        "image": (1, 1, 3),
        "keypoints_2d": (17, 2),
        "keypoint_weights": (17,),
        "pose": (24, 3),
        "shape": (16,),
        "translation": (3,),
        "markers_3d": (17, 3),
        "has_keypoints": (),
        "has_pose": (),
    }
    batch = {field: tf.zeros((count, *shape)) for field, shape in shapes.items()}
    batch["part_labels"] = tf.zeros((count, 1, 1), tf.uint8)
    batch["image"] = tf.broadcast_to(batch["image"], (count, size, size, 3))
    batch["part_labels"] = tf.broadcast_to(batch["part_labels"], (count, size, size))
    batch["intrinsics"] = tf.eye(3, batch_shape=[count])
    return batch


def test_what_an_example_lacks_stays_zero():
    batch = example_of(2, 16)
    seen = geometry.apply(batch, view_of(2, **VIEWS["all"]), 16, 8)
    for field in ("keypoints_2d", "keypoint_weights", "pose", "translation", "markers_3d"):
        np.testing.assert_array_equal(seen[field], np.zeros_like(batch[field]))
    np.testing.assert_array_equal(seen["part_labels"], np.zeros((2, 8, 8)))


def test_mirroring_twice_gives_the_example_back(batch):
    mirrored = geometry.apply(batch, view_of(3, mirrored=True), 256, 256)
    assert (mirrored["part_labels"].numpy() != batch["part_labels"].numpy()).any()
    again = geometry.apply(mirrored, view_of(3, mirrored=True), 256, 256)
    np.testing.assert_array_equal(again["part_labels"], batch["part_labels"])
    for field in batch.keys() - {"name", "part_labels"}:
        np.testing.assert_allclose(again[field], batch[field], atol=1e-4, err_msg=field)


def test_mirroring_reverses_the_columns(batch):
    mirrored = geometry.apply(batch, view_of(3, mirrored=True), 256, 256)
    np.testing.assert_allclose(mirrored["image"], batch["image"][:, :, ::-1], atol=1e-6)


def test_turning_there_and_back_gives_the_example_back(batch):
    turned = geometry.apply(batch, view_of(3, angle=0.5), 256, 256)
    back = geometry.apply(turned, view_of(3, angle=-0.5), 256, 256)
    person = batch["part_labels"].numpy() > 0
    same = back["part_labels"].numpy() == batch["part_labels"].numpy()
    # All but the borders of parts, where the nearest pixel was taken twice.
    assert same[person].mean() > 0.95
    for field in ("intrinsics", "pose", "translation", "keypoints_2d", "markers_3d"):
        np.testing.assert_allclose(back[field], batch[field], atol=1e-4, err_msg=field)


def test_turning_by_a_right_angle_and_back_changes_no_label(batch):
    turned = geometry.apply(batch, view_of(3, angle=np.pi / 2), 256, 256)
    np.testing.assert_array_equal(
        turned["part_labels"], np.rot90(batch["part_labels"], -1, axes=(1, 2))
    )
    back = geometry.apply(turned, view_of(3, angle=-np.pi / 2), 256, 256)
    np.testing.assert_array_equal(back["part_labels"], batch["part_labels"])


@pytest.mark.parametrize("name", ["angle", "all"])
def test_a_body_whose_pelvis_rests_elsewhere_moves_as_a_whole(name, batch):
    data = default_body.read(3000)
    offset, slope = np.array([0.0, -0.35, 0.03]), np.array([[0.0], [0.02], [0.01]])
    moved = BodyModel(
        dataclasses.replace(
            data,
            template=data.template + offset,
            shapedirs=data.shapedirs + slope,
            template_joints=data.template_joints + offset,
            joint_shapedirs=data.joint_shapedirs + slope,
        )
    )
    view = view_of(3, **VIEWS[name])
    seen = geometry.apply(batch, view, 256, 256, moved)
    turn = Rotation.from_rotvec([0, 0, VIEWS[name]["angle"]]).as_matrix()
    if name == "angle":
        expected = moved(**of_body(batch)).vertices.numpy() @ turn.T
        np.testing.assert_allclose(moved(**of_body(seen)).vertices, expected, atol=1e-5)
    else:
        joints = moved.joints(**of_body(batch)).numpy() * [-1, 1, 1] @ turn.T
        mirrored = tf.gather(joints, MIRROR_JOINTS, axis=1)
        np.testing.assert_allclose(moved.joints(**of_body(seen)), mirrored, atol=1e-5)
    without = geometry.apply(batch, view, 256, 256)
    assert np.abs(without["translation"] - seen["translation"]).max() > 0.05


@pytest.mark.parametrize("num_vertices", default_body.LEVELS)
def test_the_embedded_body_is_mirror_symmetric_about_a_pelvis_at_the_origin(num_vertices):
    data = default_body.read(num_vertices)
    assert not data.template_joints[0].any()
    assert not data.joint_shapedirs[0].any()
    mirror = list(MIRROR_JOINTS)
    signs = np.array([-1.0, 1.0, 1.0])
    np.testing.assert_array_equal(data.template_joints[mirror] * signs, data.template_joints)
    np.testing.assert_array_equal(
        data.joint_shapedirs[mirror] * signs[:, None], data.joint_shapedirs
    )


@given(
    root=st.tuples(*[st.floats(-4, 4, width=32)] * 3),
    angle=st.floats(-3, 3, width=32),
    mirrored=st.booleans(),
)
@settings(max_examples=15, deadline=None)
def test_any_root_turns_with_the_camera_and_stays_finite(root, angle, mirrored):
    pose = np.zeros((1, 24, 3), np.float32)
    pose[0, 0] = root
    batch = example_of(1, 4) | {"pose": tf.constant(pose), "has_pose": tf.ones(1)}
    seen = geometry.apply(batch, view_of(1, angle=angle, mirrored=mirrored), 4, 4)
    signs = np.diag([-1.0 if mirrored else 1.0, 1.0, 1.0])
    turn = Rotation.from_rotvec([0, 0, angle]).as_matrix()
    expected = turn @ signs @ Rotation.from_rotvec(root).as_matrix() @ signs
    actual = Rotation.from_rotvec(seen["pose"][0, 0].numpy()).as_matrix()
    np.testing.assert_allclose(actual, expected, atol=2e-5)
    assert np.isfinite(seen["pose"]).all()


def test_keypoints_outside_of_the_image_lose_their_weight(batch):
    seen = geometry.apply(batch, view_of(3, shift=(0.45, 0.3)), 128, 64)
    points = seen["keypoints_2d"].numpy()
    inside = ((points >= -0.5) & (points <= 127.5)).all(-1)
    assert 0 < inside.sum() < inside.size
    np.testing.assert_array_equal(
        seen["keypoint_weights"], np.where(inside, batch["keypoint_weights"], 0)
    )


def test_mirrored_keypoints_bring_their_weights(batch):
    seen = geometry.apply(batch, view_of(3, mirrored=True), 256, 256)
    left_eye, right_eye = 1, 2
    np.testing.assert_array_equal(
        seen["keypoint_weights"][:, left_eye], batch["keypoint_weights"][:, right_eye]
    )


def test_stripes_finer_than_a_pixel_are_averaged_and_do_not_alias():
    stripes = np.zeros((1, 256, 256, 3), np.float32)
    stripes[:, :, ::2] = 1
    smaller = geometry.warp_images(tf.constant(stripes), view_of(1), 64).numpy()
    np.testing.assert_allclose(smaller, 0.5, atol=1e-5)


def test_beyond_the_border_its_pixels_repeat_and_there_is_no_part():
    image = tf.fill([1, 8, 8, 3], 0.7)
    view = view_of(1, shift=(0.5, 0.0))
    np.testing.assert_allclose(geometry.warp_images(image, view, 8), 0.7, atol=1e-6)
    parts = geometry.warp_parts(tf.fill([1, 8, 8], tf.constant(3, tf.uint8)), view, 8)[0].numpy()
    np.testing.assert_array_equal(parts[:, :4], 0)
    np.testing.assert_array_equal(parts[:, 4:], 3)


def test_random_views_fill_their_bounds():
    uniform = tf.random.stateless_uniform((4000, geometry.NUM_DRAWS), (0, 0))
    view = geometry.random_view(uniform, Augmentation())
    log_scale, angle, shift = np.log(view.scale), view.angle.numpy(), view.shift.numpy()
    assert np.log(1.24) < log_scale.max() <= np.log(1.2501)
    assert log_scale.mean() == pytest.approx(0, abs=0.01)
    assert (angle != 0).mean() == pytest.approx(0.6, abs=0.03)
    assert 0.51 < np.abs(angle).max() <= np.pi / 6 + 1e-6
    assert 0.079 < np.abs(shift).max() <= 0.08 + 1e-6
    assert view.mirrored.numpy().mean() == pytest.approx(0.5, abs=0.03)
