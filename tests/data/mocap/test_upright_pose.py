import numpy as np
import pytest

from hps_tf.data.mocap import bvh, upright_pose
from hps_tf.data.mocap.upright_pose import UprightPose
from tests.data import mocap_files
from tests.data.mocap_files import turn

JOINTS, VALUES = mocap_files.walk()
ZEROS = np.zeros((1, VALUES.shape[1]))
NAMES = list(mocap_files.PERSON)
DRIVER = {joint: NAMES.index(name) for name, joint in mocap_files.PERSON_MAPPING.items()}


def pose(values=ZEROS, rotation=None, frame=0):
    source = bvh.read(mocap_files.bvh_text(JOINTS, values).encode(), "p.bvh")
    rotation = np.eye(3) if rotation is None else rotation
    return rotation @ source.rotations[frame], source.positions[frame] @ rotation.T


@pytest.mark.parametrize("yaw", [0, 2.9, 90, -90, 180])
@pytest.mark.parametrize("tilt", [np.eye(3), turn("X", 90), turn("Z", -90), turn("X", 180)])
def test_turns_a_t_pose_back_along_the_axis_that_it_nearly_faces(tilt, yaw):
    rotation = tilt @ turn("Y", yaw)
    found = upright_pose.align(*pose(rotation=rotation), DRIVER, facing=3.0)
    exact = tilt @ turn("Y", round(yaw / 90) * 90)
    np.testing.assert_allclose(found.alignment @ exact, np.eye(3), atol=1e-9)


def test_turns_a_t_pose_back_from_any_way_it_faces():
    found = upright_pose.align(*pose(rotation=turn("Y", 37)), DRIVER, facing=3.0)
    np.testing.assert_allclose(found.alignment, turn("Y", -37), atol=1e-6)


def test_says_why_a_pose_is_no_rest_pose():
    lying = turn("X", 45)
    assert "stands upright" in upright_pose.align(*pose(rotation=lying), DRIVER, facing=3.0)
    walking = pose(VALUES, frame=3)
    assert isinstance(upright_pose.align(*walking, DRIVER, facing=3.0), UprightPose)
    assert "within 25 degrees" in upright_pose.align(*walking, DRIVER, facing=3.0, limit=25.0)


def test_finds_the_frame_nearest_to_a_t_pose():
    values = VALUES.copy()
    values[4] = ZEROS
    values[4, 4] = 70
    values[4, 3 + 3 * NAMES.index("RightArm")] = 11
    source = bvh.read(mocap_files.bvh_text(JOINTS, values).encode(), "p.bvh")
    joints = upright_pose.joints_of(source.positions.swapaxes(0, 1), DRIVER)
    frame, degrees = upright_pose.closest_to_t_pose(joints)
    assert frame == 4
    assert degrees == pytest.approx(11, abs=0.1)
