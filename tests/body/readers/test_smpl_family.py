import pickle
import re

import numpy as np
import pytest
import scipy.sparse
import tensorflow as tf

import hps_tf.body
from hps_tf.body import keypoints, skeleton
from hps_tf.errors import InputError
from hps_tf.geometry import axis_angle


@pytest.fixture
def pose(rng):
    return rng.normal(0.0, 0.4, (24, 3))


def _write(path, fields):
    np.savez(path, **fields)
    return path


def _own_pose(pose, num_joints):
    """The model's own pose for the 22 shared joints, all its others at rest."""
    if num_joints == 24:
        return pose
    return np.concatenate([pose[:22], np.zeros((num_joints - 22, 3))])


@pytest.mark.parametrize("num_joints", [24, 52, 55])
def test_npz_equals_the_loop_reference(tmp_path, rng, pose, smpl_fields, smpl_vertices, num_joints):
    fields = smpl_fields(num_joints)
    body = hps_tf.body.load(_write(tmp_path / "model.npz", fields))
    if num_joints > 24:
        pose[22:] = 0.0  # finger joints are held flat
    shape, translation = rng.normal(size=10), rng.normal(size=3)
    expected, joints = smpl_vertices(fields, _own_pose(pose, num_joints), shape, translation)
    output = body(pose=pose[None], shape=shape[None], translation=translation[None])
    np.testing.assert_allclose(output.vertices[0], expected, atol=2e-6)
    np.testing.assert_allclose(output.joints[0, :22], joints[:22], atol=2e-6)


def test_hands_of_smplx_are_the_middle_knuckles(tmp_path, pose, smpl_fields, smpl_vertices):
    fields = smpl_fields(55)
    body = hps_tf.body.load(_write(tmp_path / "model.npz", fields))
    pose[22:] = 0.0
    _, joints = smpl_vertices(fields, _own_pose(pose, 55), np.zeros(10), np.zeros(3))
    np.testing.assert_allclose(body.joints(pose=pose[None])[0, 22:], joints[[28, 43]], atol=2e-6)


def test_hand_joint_turns_the_four_fingers(tmp_path, smpl_fields):
    fields = smpl_fields(55)
    body = hps_tf.body.load(_write(tmp_path / "model.npz", fields))
    pose = np.zeros((2, 24, 3))
    pose[1, 22] = 0.0, 0.0, 0.5
    still, turned = body(pose=pose).vertices.numpy()
    moved = np.linalg.norm(turned - still, axis=1) > 1e-6
    fingers = fields["weights"][:, 25:37].sum(axis=1) > 1e-3
    assert moved[fingers].mean() > 0.95
    assert not moved[fields["weights"][:, 25:37].sum(axis=1) < 1e-9].any()


def test_original_pickle_needs_neither_chumpy_nor_python2(
    tmp_path, rng, pose, smpl_fields, smpl_vertices, write_python2_pickle
):
    fields = smpl_fields(24)
    write_python2_pickle(tmp_path / "model.pkl", fields)
    body = hps_tf.body.load(tmp_path / "model.pkl")
    shape = rng.normal(size=10)
    expected, _ = smpl_vertices(fields, pose, shape, np.zeros(3))
    actual = body(pose=pose[None], shape=shape[None]).vertices[0]
    np.testing.assert_allclose(actual, expected, atol=2e-6)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("sparse", [np.asarray, scipy.sparse.csr_matrix, scipy.sparse.coo_array])
def test_pickle_of_any_protocol_equals_the_npz(tmp_path, smpl_fields, protocol, sparse):
    fields = smpl_fields(24)
    expected = hps_tf.body.load(_write(tmp_path / "model.npz", fields))
    content = fields | {"J_regressor": sparse(fields["J_regressor"])}
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(content, protocol))
    actual = hps_tf.body.load(tmp_path / "model.pkl")
    np.testing.assert_array_equal(actual().vertices, expected().vertices)
    np.testing.assert_array_equal(actual.faces, expected.faces)


def test_content_counts_not_the_name(tmp_path, smpl_fields):
    path = _write(tmp_path / "model.npz", smpl_fields(24)).rename(tmp_path / "model.pkl")
    assert hps_tf.body.load(path).num_vertices == 300


@pytest.mark.parametrize(
    ("num_joints", "stored", "kept"), [(24, 10, 10), (24, 300, 16), (55, 400, 16), (55, 20, 10)]
)
def test_expressions_are_no_shape_components(tmp_path, smpl_fields, num_joints, stored, kept):
    fields = smpl_fields(num_joints, num_shape=stored)
    body = hps_tf.body.load(_write(tmp_path / "model.npz", fields))
    assert body.num_shape == kept


def test_fewer_shape_components_can_be_asked_for(tmp_path, smpl_fields):
    body = hps_tf.body.load(_write(tmp_path / "model.npz", smpl_fields(24)), num_shape=3)
    assert body.num_shape == 3


def test_zero_pose_is_the_template(tmp_path, smpl_fields):
    fields = smpl_fields(24)
    body = hps_tf.body.load(_write(tmp_path / "model.npz", fields))
    np.testing.assert_allclose(body().vertices[0], fields["v_template"], atol=1e-6)
    np.testing.assert_array_equal(body.rest_rotations, np.tile(np.eye(3), (24, 1, 1)))


def test_parts_and_keypoints_come_along(tmp_path, smpl_fields):
    body = hps_tf.body.load(_write(tmp_path / "model.npz", smpl_fields(24)))
    assert set(body.vertex_parts) <= set(range(1, 15))
    for name, names in skeleton.KEYPOINT_NAMES.items():
        assert body.keypoints(name).shape == (1, len(names), 3)
    nose = body.keypoints("coco17").numpy()[0, keypoints.LANDMARK_NAMES.index("nose")]
    head = body.joints().numpy()[0, skeleton.JOINT_NAMES.index("head")]
    assert 0.0 < nose[2] - head[2] < 0.3


def _without(name):
    return lambda fields: fields.pop(name)


def _with(name, change):
    return lambda fields: fields.update({name: change(fields[name].copy())})


def _first(value):
    def change(array):
        array.flat[0] = value
        return array

    return change


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            _without("posedirs"),
            "`posedirs`: expected an array (300, 3, 207), received no such field",
        ),
        (
            _with("weights", lambda w: w[:, :23] / w[:, :23].sum(axis=1, keepdims=True)),
            "`weights`: expected columns for 24 (SMPL), 52 (SMPL-H), 55 (SMPL-X)"
            " joints, received 23",
        ),
        (
            _with("weights", lambda w: 2.0 * w),
            "`weights`: expected rows that sum to 1, received 2 in row",
        ),
        (
            _with("shapedirs", lambda s: s[:299]),
            "`shapedirs`: expected shape (300, 3, ?), received (299, 3, 10)",
        ),
        (
            _with("v_template", _first(np.nan)),
            "`v_template`: expected finite numbers, received nan at [0, 0]",
        ),
        (
            _with("J_regressor", _first(np.inf)),
            "`J_regressor`: expected finite numbers, received inf at [0, 0]",
        ),
        (
            _with("f", _first(300)),
            "`f`: expected integers from 0 to 299, received values from 0 to 300",
        ),
        (
            _with("kintree_table", lambda k: k[:, ::-1]),
            "`kintree_table`: expected SMPL's tree, with joint 1 below 0, received it below 20",
        ),
        (
            _with("v_template", lambda v: v.astype("U5")),
            "`v_template`: expected numbers, received values of type <U5",
        ),
        (
            _with("v_template", lambda v: np.array([{"not": "numbers"}])),
            "`v_template`: expected an array, received what can't be read"
            " (ValueError: Object arrays",
        ),
    ],
)
def test_wrong_field_is_named(tmp_path, smpl_fields, damage, message):
    fields = smpl_fields(24)
    damage(fields)
    path = _write(tmp_path / "model.npz", fields)
    with pytest.raises(InputError, match=re.escape(f"{path}: {message}")):
        hps_tf.body.load(path)


@pytest.fixture(params=[52, 55])
def all_joints(request, tmp_path, smpl_fields):
    """A file's fields and the body of all its joints."""
    fields = smpl_fields(request.param)
    path = _write(tmp_path / "model.npz", fields)
    return fields, hps_tf.body.load(path, all_joints=True), hps_tf.body.load(path)


def test_all_joints_equal_the_loop_reference(all_joints, rng, smpl_vertices):
    fields, body, _ = all_joints
    num_joints = len(fields["J_regressor"])
    pose, shape = rng.normal(0.0, 0.4, (num_joints, 3)), rng.normal(size=10)
    expected, joints = smpl_vertices(fields, pose, shape, np.zeros(3))
    output = body(pose[None], shape=shape[None])
    np.testing.assert_allclose(output.vertices[0], expected, atol=5e-6)
    np.testing.assert_allclose(output.joints[0], joints, atol=5e-6)
    assert body.skeleton.num_joints == num_joints
    assert body.skeleton.joint_names[-1] == "r_thumb3"
    assert body.name == {52: "smplh", 55: "smplx"}[num_joints]


def test_a_pose_of_24_joints_leaves_fingers_and_face_at_rest(all_joints, pose):
    _, body, collapsed = all_joints
    pose[22:] = 0.0
    np.testing.assert_allclose(body(pose[None]).vertices, collapsed(pose[None]).vertices, atol=2e-6)
    for name in skeleton.KEYPOINT_NAMES:
        expected = collapsed.keypoints(name, pose[None])
        np.testing.assert_allclose(body.keypoints(name, pose[None]), expected, atol=2e-6)


def test_keypoint_chains_of_all_joints_equal_their_keypoints(all_joints, rng):
    _, body, _ = all_joints
    pose = rng.normal(0.0, 0.4, (2, body.skeleton.num_joints, 3)).astype(np.float32)
    shape = rng.normal(size=(2, 10)).astype(np.float32)
    rotations = axis_angle.to_matrix(tf.constant(pose))
    posed = body.keypoint_chain("coco17")(rotations, tf.constant(shape))
    np.testing.assert_allclose(posed.points, body.keypoints("coco17", pose, shape=shape), atol=1e-5)


def test_fingers_and_eyes_are_mirrored(all_joints):
    _, body, _ = all_joints
    mirror, index = body.skeleton.mirror, body.skeleton.index
    assert mirror[index("l_thumb2")] == index("r_thumb2")
    assert mirror[index("pelvis")] == index("pelvis")
