import numpy as np
import pytest

from hps_tf.data.mocap import bvh, up_axis
from hps_tf.data.mocap.motion import BodyMotion
from tests.data import mocap_files
from tests.data.mocap_files import turn

JOINTS, VALUES = mocap_files.walk(60)
AXES = ["x", "y", "z", "-x", "-y", "-z"]


def places(values=VALUES, rotation=None, shift=(0, 0, 0)):
    """Where the joints of a walk are, after a rotation and a shift of the world."""
    source = bvh.read(mocap_files.bvh_text(JOINTS, values).encode(), "p.bvh")
    turned = source.positions @ (np.eye(3) if rotation is None else rotation).T + shift
    return {
        joint: turned[:, source.names.index(name)]
        for name, joint in mocap_files.PERSON_MAPPING.items()
    }


@pytest.mark.parametrize("axis", AXES)
def test_brings_each_axis_up(axis):
    rotation = up_axis.TO_Y_UP[axis]
    direction = {"x": [1, 0, 0], "y": [0, 1, 0], "z": [0, 0, 1]}[axis[-1]]
    direction = np.array(direction) * (-1 if axis[0] == "-" else 1)
    np.testing.assert_array_equal(rotation @ direction, [0, 1, 0])
    np.testing.assert_array_equal(rotation @ rotation.T, np.eye(3))
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert up_axis.nearest(direction) == axis


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("presumed", AXES)
def test_finds_the_axis_along_which_a_walker_stands(axis, presumed):
    found = up_axis.find(places(rotation=up_axis.TO_Y_UP[axis].T), presumed)
    assert found.axis == axis
    assert bool(found.notes) == (axis != presumed)


def test_a_floor_somewhere_else_needs_a_walk():
    standing = VALUES.copy()
    standing[:, :3] = [0, 92, 0]
    z_up = turn("X", 90)
    assert up_axis.find(places(standing, z_up), "y").axis == "z"
    assert up_axis.find(places(VALUES, z_up, shift=(0, 0, 500)), "y").axis == "z"
    unsure = up_axis.find(places(standing, z_up, shift=(0, 0, 500)), "y")
    assert unsure.axis == "y"
    assert "the body lies along z; is that up? (--up=z)" in unsure.notes[0]


def test_who_bends_sits_or_lies_now_and_then_doubts_nothing():
    lying = VALUES.copy()
    lying[:20, 5] = 90
    assert up_axis.find(places(lying), "y") == ("y", ())
    bent = VALUES.copy()
    bent[:, 5] = 60
    assert up_axis.find(places(bent), "y") == ("y", ())


def test_who_walks_on_the_hands_is_not_turned_over():
    raised = VALUES.copy()
    for name, sign in (("LeftArm", 1), ("RightArm", -1)):
        column = 3 + 3 * list(mocap_files.PERSON).index(name)
        raised[:, column : column + 3] = [85 * sign, 0, 0]
    over = up_axis.find(places(raised, turn("X", 180), shift=(0, 190, 0)), "y")
    assert over.axis == "y"
    assert "--up=-y" in over.notes[0]


def test_levels_the_root_and_the_path_alone():
    rng = np.random.default_rng(0)
    rotations = np.stack([[turn("Z", 10 * i + j) for j in range(24)] for i in range(3)])
    motion = BodyMotion(rotations, rng.normal(size=(3, 3)), 30.0)
    level = up_axis.level(motion, "z")
    z_to_y = turn("X", -90)
    np.testing.assert_allclose(level.rotation_matrices[:, 0], z_to_y @ rotations[:, 0], atol=1e-12)
    np.testing.assert_array_equal(level.rotation_matrices[:, 1:], rotations[:, 1:])
    np.testing.assert_allclose(level.translation, motion.translation @ z_to_y.T, atol=1e-12)
