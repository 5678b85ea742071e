import itertools

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hps_tf.data.mocap import bvh, joint_maps, stance, up_axis
from hps_tf.data.mocap.joint_maps import JointMap
from hps_tf.data.mocap.retarget import retarget
from hps_tf.data.mocap.stance import NOTHING_STATED, RestFile, StatedStance
from hps_tf.errors import InputError
from tests.data import mocap_files
from tests.data.mocap_files import turn

MAP = JointMap({joint: source for source, joint in mocap_files.PERSON_MAPPING.items()})
JOINTS, VALUES = mocap_files.walk()
LEVEL = {name: np.eye(3) for name in mocap_files.PERSON}
Z_UP = turn("X", 90)  # what a program with z up writes: (x, y, z) becomes (x, -z, y)
T_POSE = np.array([[0.0, 92, 0, *[0] * (VALUES.shape[1] - 3)]])


def read(joints, values):
    return bvh.read(mocap_files.bvh_text(joints, values, "0.0333333").encode(), "p.bvh")


def told(frames=LEVEL, world=None, values=VALUES):
    """The walk, told by other frames in another world."""
    world = np.eye(3) if world is None else world
    return read(*mocap_files.told_by_other_frames(JOINTS, values, frames, world))


def turned_as_a_whole(rotation):
    """Frames of a skeleton whose zero pose is ours after a rotation."""
    return dict.fromkeys(mocap_files.PERSON, rotation.T)


def on_body(source, rest, stated=NOTHING_STATED):
    standing = stance.stand_upright(source, MAP, stated, "p.bvh")
    return retarget(standing.motion, MAP, rest, "p.bvh"), standing


def assert_same(motion, expected):
    between = np.swapaxes(motion.rotation_matrices, -1, -2) @ expected.rotation_matrices
    angles = Rotation.from_matrix(between.reshape(-1, 3, 3)).magnitude()
    assert np.degrees(angles.max()) < 0.01
    np.testing.assert_allclose(motion.translation, expected.translation, atol=1e-3)


@pytest.fixture(scope="module")
def plain(rest):
    return on_body(read(JOINTS, VALUES), rest)[0]


def test_a_skeleton_that_stands_as_wanted_is_left_as_it_is():
    source = read(JOINTS, VALUES)
    standing = stance.stand_upright(source, MAP, NOTHING_STATED, "p.bvh")
    assert standing.motion.rotations is source.rotations
    assert standing.motion.offsets is source.offsets
    assert standing.motion.notes == ()
    assert (standing.rest_frame, standing.zero_is_own) == (None, True)


AXIS_ROTATIONS = {
    "z up, as Blender has it": Z_UP,
    "z up, facing +x, as ROS has it": turn("Z", 90) @ Z_UP,
    "x up": turn("Z", -90),
    "y down, as cameras have it": turn("X", 180),
    "z down": turn("X", -90),
    "-x up": turn("Z", 90),
}


@pytest.mark.parametrize("name", AXIS_ROTATIONS)
def test_another_axis_may_be_up_in_the_world_and_at_zero(name, rest, plain):
    world = AXIS_ROTATIONS[name]
    motion, standing = on_body(told(turned_as_a_whole(world), world), rest)
    back = up_axis.TO_Y_UP[up_axis.nearest(world @ [0.0, 1.0, 0.0])] @ world
    np.testing.assert_allclose(motion.translation, plain.translation @ back.T, atol=1e-3)
    expected = plain.rotation_matrices.copy()
    expected[:, 0] = back @ expected[:, 0]
    np.testing.assert_allclose(motion.rotation_matrices, expected, atol=1e-4)
    assert len(standing.motion.notes) == 1


@pytest.mark.parametrize("name", AXIS_ROTATIONS)
def test_another_axis_may_be_up_in_the_world_alone(name, rest, plain):
    """As programs write it that put SMPL's poses, in AMASS's world or a camera's, on a T-pose."""
    world = AXIS_ROTATIONS[name]
    motion, standing = on_body(told(world=world), rest)
    back = up_axis.TO_Y_UP[up_axis.nearest(world @ [0.0, 1.0, 0.0])] @ world
    np.testing.assert_allclose(motion.translation, plain.translation @ back.T, atol=1e-3)
    np.testing.assert_allclose(
        motion.rotation_matrices[:, 0], back @ plain.rotation_matrices[:, 0], atol=1e-4
    )
    np.testing.assert_allclose(
        motion.rotation_matrices[:, 1:], plain.rotation_matrices[:, 1:], atol=1e-4
    )
    assert "is up: along it the body stands" in standing.motion.notes[0]


@pytest.mark.parametrize("degrees", [20, 60, 90, 180, 270])
def test_the_zero_pose_may_face_another_way(degrees, rest, plain):
    motion, _ = on_body(told(turned_as_a_whole(turn("Y", degrees))), rest)
    assert_same(motion, plain)


@pytest.mark.parametrize("axis", np.concatenate([np.eye(3), -np.eye(3)]).tolist())
@pytest.mark.parametrize("world", [np.eye(3), Z_UP], ids=["y up", "z up"])
@pytest.mark.parametrize("last", [False, True], ids=["first", "last"])
def test_a_t_pose_before_or_behind_the_motion_is_the_rest_pose(axis, world, last, rest, plain):
    values = np.concatenate([VALUES, T_POSE] if last else [T_POSE, VALUES])
    source = told(mocap_files.along(axis, mocap_files.PERSON), world, values)
    motion, standing = on_body(source, rest)
    captured = slice(0, -1) if last else slice(1, None)
    assert_same(motion.select(captured), plain)
    assert standing.rest_frame == (len(VALUES) if last else 0)
    assert not standing.zero_is_own
    assert "it is a T-pose" in standing.motion.notes[0]


@pytest.mark.parametrize("yaw", [0.0, 37.0, 90.0, 180.0])
def test_the_t_pose_may_face_any_way(yaw, rest, plain):
    pose = T_POSE.copy()
    pose[0, 4] = yaw
    source = told(
        mocap_files.along([1, 0, 0], mocap_files.PERSON), values=np.vstack([pose, VALUES])
    )
    assert_same(on_body(source, rest)[0].select(slice(1, None)), plain)


def test_the_frame_or_the_file_of_the_t_pose_may_be_stated(rest, plain):
    frames = mocap_files.along([1, 0, 0], mocap_files.PERSON)
    within = told(frames, values=np.concatenate([VALUES[:5], T_POSE, VALUES[5:]]))
    motion, standing = on_body(within, rest, StatedStance(rest_pose=5))
    assert_same(motion.select(np.arange(13) != 5), plain)
    assert standing.rest_frame == 5
    file = RestFile("t.bvh", within)
    motion, standing = on_body(told(frames), rest, StatedStance(rest_pose=file))
    assert_same(motion, plain)
    assert (standing.rest_frame, standing.zero_is_own) == (None, False)
    assert standing.motion.notes == ()


def test_a_file_of_the_t_pose_serves_other_people_and_other_worlds(rest, plain):
    """Somebody larger, in a world with z up, who has fingers."""
    frames = mocap_files.along([0, 1, 0], mocap_files.PERSON) | {"Thumb": turn("X", 20)}
    larger = [
        (name, parent, tuple(1.3 * np.array(offset)), channels)
        for name, parent, offset, channels in JOINTS
    ]
    larger.append(("Thumb", "LeftHand", (2.0, 0.0, 4.0), mocap_files.CHANNELS))
    values = np.hstack([VALUES * [1.3, 1.3, 1.3, *np.ones(VALUES.shape[1] - 3)], np.ones((12, 3))])
    larger = sorted(larger, key=lambda joint: joint[0] == "Thumb")
    # The thumb follows its hand in the file's order.
    at = next(i for i, joint in enumerate(larger) if joint[0] == "LeftHand") + 1
    larger.insert(at, larger.pop())
    values = np.insert(values[:, :-3], [3 + 3 * at] * 3, 1.0, axis=1)
    source = read(*mocap_files.told_by_other_frames(larger, values, frames, Z_UP))
    file = RestFile("t.bvh", told(frames, Z_UP, T_POSE))
    assert_same(on_body(source, rest, StatedStance(rest_pose=file))[0], plain)


def test_without_a_t_pose_the_line_names_the_option():
    source = told(mocap_files.along([1, 0, 0], mocap_files.PERSON))
    with pytest.raises(InputError, match=r"p\.bvh: expected a zero pose .*--rest_pose FRAME"):
        stance.stand_upright(source, MAP, NOTHING_STATED, "p.bvh")


def test_the_line_names_the_frame_that_comes_closest():
    values = VALUES.copy()
    values[7] = T_POSE
    values[7, 3 + 3 * list(mocap_files.PERSON).index("LeftArm")] = -12
    source = told(mocap_files.along([1, 0, 0], mocap_files.PERSON), values=values)
    with pytest.raises(InputError, match=r"--rest_pose FRAME \(from 0; 7 comes closest, 12 deg"):
        stance.stand_upright(source, MAP, NOTHING_STATED, "p.bvh")


def test_what_is_stated_must_be_a_rest_pose():
    source = told(mocap_files.along([1, 0, 0], mocap_files.PERSON))
    for rest_pose, message in (
        (99, "expected more than 99 frames, as --rest_pose counts them from 0, received 12"),
        (RestFile("t.bvh", source), r"t\.bvh: expected a zero pose .*and no T-pose"),
        (RestFile("t.bvh", read(JOINTS, T_POSE)), r"p\.bvh, in the rest pose of t\.bvh: expected"),
        (
            RestFile("t.bvh", read(mocap_files.bvh_joints(mocap_files.DAZ), np.zeros((1, 66)))),
            r"t\.bvh: expected joint 'Hips'",
        ),
    ):
        with pytest.raises(InputError, match=message):
            stance.stand_upright(source, MAP, StatedStance(rest_pose=rest_pose), "p.bvh")
    lying = VALUES.copy()
    lying[3, 5] = 45.0
    with pytest.raises(InputError, match=r"p\.bvh, frame 3 of --rest_pose: expected a body that"):
        stance.stand_upright(read(JOINTS, lying), MAP, StatedStance(rest_pose=3), "p.bvh")


def test_the_axis_that_is_stated_counts_before_what_is_found(rest, plain):
    lying = told(world=Z_UP)
    motion, standing = on_body(lying, rest, StatedStance(up="y"))
    assert standing.motion.notes == ()
    np.testing.assert_allclose(
        motion.rotation_matrices[:, 0], Z_UP @ plain.rotation_matrices[:, 0], atol=1e-4
    )


def test_bones_that_all_point_down_do_not_stand():
    """Legs down and arms hanging, but the head below the hips."""
    source = told(mocap_files.along([0, -1, 0], mocap_files.PERSON))
    with pytest.raises(InputError, match="head above the hips"):
        stance.stand_upright(source, MAP, NOTHING_STATED, "p.bvh")


def test_exchanged_sides_are_refused():
    sides = {"l": "r", "r": "l"}
    exchanged = {
        (sides[joint[0]] + joint[1:] if joint[1] == "_" else joint): source
        for joint, source in MAP.drivers.items()
    }
    with pytest.raises(InputError, match=r"expected toes before the ankles, .*exchanged"):
        stance.stand_upright(read(JOINTS, VALUES), JointMap(exchanged), NOTHING_STATED, "p.bvh")


@pytest.mark.parametrize("kind", ["MotionBuilder", "3ds Max", "DAZ"])
@pytest.mark.parametrize("world", list(itertools.islice(AXIS_ROTATIONS.values(), 2)))
def test_known_skeletons_may_have_z_up(kind, world, rest):
    shape = {"MotionBuilder": "MOTIONBUILDER", "3ds Max": "MAX", "DAZ": "DAZ"}[kind]
    joints = mocap_files.bvh_joints(getattr(mocap_files, shape))
    values = mocap_files.bvh_values(joints, 5)
    frames = {name: world.T for name, *_ in joints}
    source = read(*mocap_files.told_by_other_frames(joints, values, frames, world))
    joint_map = joint_maps.KNOWN[kind]
    standing = stance.stand_upright(source, joint_map, NOTHING_STATED, "p.bvh")
    assert standing.zero_is_own
    body = retarget(standing.motion, joint_map, rest, "p.bvh")
    expected = retarget(read(joints, values), joint_map, rest, "p.bvh")
    np.testing.assert_allclose(
        body.rotation_matrices[:, 1:], expected.rotation_matrices[:, 1:], atol=1e-4
    )
