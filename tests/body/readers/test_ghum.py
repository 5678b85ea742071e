import re

import numpy as np
import pytest

import hps_tf.body
from hps_tf.body import BodyModel
from hps_tf.body.readers import ghum
from hps_tf.body.skeleton import JOINT_NAMES
from hps_tf.errors import InputError


@pytest.fixture
def fields(data):
    """The embedded body in GHUM's layout, half of the weight of some joints given to others."""
    kept = ghum._kept_joints()
    rng = np.random.default_rng(0)
    joints = rng.normal(0.0, 0.1, (63, 3))
    joints[kept] = data.template_joints
    for side in ("l", "r"):
        wrist = data.rest_rotations[JOINT_NAMES.index(f"{side}_wrist")]
        knuckle = joints[ghum.JOINTS.index(f"pinky01_{side}")]
        joints[ghum.JOINTS.index(f"index01_{side}")] = knuckle + wrist.T @ [0.0, 0.0, 0.06]
    joint_basis = np.zeros((63, 3, 16))
    joint_basis[kept] = data.joint_shapedirs
    weights = np.zeros((len(data.template), 63))
    weights[:, kept] = data.weights
    for giver, taker in (("head01", "jaw01"), ("middle01_l", "pinky03_l"), ("ankle_r", "foot_r")):
        given = 0.5 * weights[:, ghum.JOINTS.index(giver)]
        weights[:, ghum.JOINTS.index(giver)] -= given
        weights[:, ghum.JOINTS.index(taker)] += given
    return {
        "joint_names": np.array(ghum.JOINTS),
        "rest_vertices": data.template,
        "rest_joints": joints,
        "vertex_basis": data.shapedirs,
        "joint_basis": joint_basis,
        "skinning_weights": weights,
        "triangles": data.faces,
    }


def _load(tmp_path, fields):
    np.savez(tmp_path / "ghum.npz", **fields)
    return hps_tf.body.load(tmp_path / "ghum.npz")


def test_there_are_63_distinct_joints():
    assert len(ghum.JOINTS) == len(set(ghum.JOINTS)) == 63


def test_embedded_body_in_this_layout_is_itself(tmp_path, fields, data, rng):
    loaded, expected = _load(tmp_path, fields), BodyModel(data)
    pose = rng.normal(0.0, 0.4, (2, 24, 3)).astype(np.float32)
    shape = rng.normal(size=(2, 16)).astype(np.float32)
    actual, wanted = loaded(pose=pose, shape=shape), expected(pose=pose, shape=shape)
    # The stored rest rotations are float32, and of a template rounded to 10 micrometres.
    np.testing.assert_allclose(actual.joints, wanted.joints, atol=1e-4)
    np.testing.assert_allclose(actual.vertices, wanted.vertices, atol=1e-4)


def test_zero_pose_has_horizontal_arms(tmp_path, fields):
    joints = dict(zip(JOINT_NAMES, _load(tmp_path, fields).joints().numpy()[0], strict=True))
    arm = np.array([joints[f"l_{name}"] for name in ("shoulder", "elbow", "wrist", "hand")])
    np.testing.assert_allclose(np.ptp(arm[:, 1:], axis=0), 0.0, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "joint_names",
            np.array(["pelvis", "hip"]),
            "`joint_names`: expected GHUM's 63 joints in order, received 2: pelvis, hip, ...",
        ),
        (
            "joint_names",
            np.zeros(63),
            "`joint_names`: expected names, received values of type float64",
        ),
        (
            "skinning_weights",
            np.full((3000, 63), 0.5),
            "`skinning_weights`: expected rows that sum to 1, received 31.5 in row 0",
        ),
    ],
)
def test_wrong_field_is_named(tmp_path, fields, name, value, message):
    with pytest.raises(InputError, match=re.escape(message)):
        _load(tmp_path, fields | {name: value})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (np.diag([-1.0, 1.0, 1.0]), "positive x right to left hip"),
        (np.diag([-1.0, 1.0, -1.0]), "z ankle to toes"),
        (100.0 * np.eye(3), "metres, 0.3 to 1.2 pelvis to head, received 62.9"),
    ],
)
def test_other_frames_and_units_are_noticed(tmp_path, fields, change, message):
    turned = {name: fields[name] @ change for name in ("rest_vertices", "rest_joints")}
    with pytest.raises(InputError, match=message):
        _load(tmp_path, fields | turned)
