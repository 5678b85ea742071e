import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hps_tf.body import skeleton
from hps_tf.data.mocap import amc, asf, bvh, joint_maps
from hps_tf.data.mocap.retarget import retarget
from hps_tf.errors import InputError
from tests.data import mocap_files

LIMBS = [
    (f"{side}_{joint}", f"{side}_{child}")
    for side in "lr"
    for joint, child in [
        ("hip", "knee"),
        ("knee", "ankle"),
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
    ]
]
BVH = {
    "MotionBuilder": mocap_files.MOTIONBUILDER,
    "3ds Max": mocap_files.MAX,
    "DAZ": mocap_files.DAZ,
}


def bvh_motion(kind, values=None, num_frames=8):
    joints = mocap_files.bvh_joints(BVH[kind])
    if values is None:
        values = mocap_files.bvh_values(joints, num_frames)
    return bvh.read(mocap_files.bvh_text(joints, values).encode(), "p.bvh")


def asf_motion(values=None):
    person = asf.read(mocap_files.asf_text().encode(), "p.asf")
    values = values or mocap_files.amc_values(8)
    return amc.read(mocap_files.amc_text(values).encode(), "p.amc", person, 120.0)


def motion_of(kind):
    return asf_motion() if kind == "ASF" else bvh_motion(kind)


def body_index(joint):
    return skeleton.JOINT_NAMES.index(joint)


def directions(positions, start, end):
    bones = positions[:, end] - positions[:, start]
    return bones / np.linalg.norm(bones, axis=-1, keepdims=True)


def world_rotations(motion):
    world = motion.rotation_matrices.copy()
    for joint, parent in enumerate(skeleton.PARENTS):
        if parent >= 0:
            world[:, joint] = world[:, parent] @ world[:, joint]
    return world


@pytest.mark.parametrize("kind", sorted(joint_maps.KNOWN))
def test_limbs_point_where_the_source_points(kind, rest):
    source = motion_of(kind)
    joint_map = joint_maps.KNOWN[kind]
    body = retarget(source, joint_map, rest, "p")
    positions = rest.joint_positions(body)
    for start, end in LIMBS:
        wanted = directions(
            source.positions,
            source.names.index(joint_map.drivers[start]),
            source.names.index(joint_map.drivers[end]),
        )
        found = directions(positions, body_index(start), body_index(end))
        np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize("kind", sorted(joint_maps.KNOWN))
def test_hips_stand_on_the_sources_hips_at_the_bodys_size(kind, rest):
    source = motion_of(kind)
    joint_map = joint_maps.KNOWN[kind]
    positions = rest.joint_positions(retarget(source, joint_map, rest, "p"))

    def length(place, left):
        return np.linalg.norm(place[:, left[0]] - place[:, left[1]], axis=-1) + np.linalg.norm(
            place[:, left[1]] - place[:, left[2]], axis=-1
        )

    leg = ("l_hip", "l_knee", "l_ankle")
    body_leg = length(positions, [body_index(j) for j in leg])
    names = [source.names.index(joint_map.drivers[j]) for j in leg]
    scale = body_leg / length(source.positions, names)
    hips = [source.names.index(joint_map.drivers[j]) for j in ("l_hip", "r_hip")]
    wanted = source.positions[:, hips].mean(axis=1) * scale[:, None]
    np.testing.assert_allclose(positions[:, [1, 2]].mean(axis=1), wanted, atol=1e-5)


def test_all_ways_to_write_cmu_motion_give_the_same_pose(rest):
    """The same world rotations on ASF, MotionBuilder and 3ds Max skeletons."""
    asf_source = asf_motion()
    reference = world_rotations(retarget(asf_source, joint_maps.ASF, rest, "p"))
    for kind in ("MotionBuilder", "3ds Max"):
        source = bvh_motion(kind)
        rotations = source.rotations.copy()
        for joint, driver in joint_maps.KNOWN[kind].drivers.items():
            from_asf = asf_source.rotations[
                :, asf_source.names.index(joint_maps.ASF.drivers[joint])
            ]
            hangs = kind == "3ds Max" and joint[2:] in ("shoulder", "elbow", "wrist", "hand")
            lift = mocap_files.turn("Z", 90 if joint[0] == "l" else -90) if hangs else np.eye(3)
            rotations[:, source.names.index(driver)] = from_asf @ lift
        moved = type(source)(**(vars(source) | {"rotations": rotations}))
        body = retarget(moved, joint_maps.KNOWN[kind], rest, "p")
        angles = Rotation.from_matrix(
            (np.swapaxes(world_rotations(body), -1, -2) @ reference).reshape(-1, 3, 3)
        ).magnitude()
        assert np.degrees(angles.max()) < 1.5  # the fixtures' legs are not spread exactly alike


def test_upright_cmu_skeleton_stands_on_flat_feet_with_a_level_head(rest):
    """The T-pose that CMU's conversions put in front: legs brought together, head pitched."""
    joints = mocap_files.bvh_joints(mocap_files.MOTIONBUILDER)
    values = np.zeros((1, 6 + 3 * (len(joints) - 1)))
    columns = {name: 6 + 3 * (index - 1) for index, (name, *_) in enumerate(joints) if index}
    values[0, columns["LeftUpLeg"]] = -20
    values[0, columns["RightUpLeg"]] = 20
    values[0, columns["Head"] + 2] = 16
    body = retarget(bvh_motion("MotionBuilder", values), joint_maps.MOTIONBUILDER, rest, "p")
    world = world_rotations(body)[0]
    for joint in ("pelvis", "spine3", "head", "l_ankle", "l_foot", "r_ankle", "l_elbow", "r_hand"):
        tilt = Rotation.from_matrix(world[body_index(joint)]).magnitude()
        assert np.degrees(tilt) < 0.2, joint


def test_rotations_of_the_trunk_arms_and_hands_carry_over_from_a_t_pose(rest):
    source = bvh_motion("MotionBuilder")
    body = world_rotations(retarget(source, joint_maps.MOTIONBUILDER, rest, "p"))
    for joint in ("pelvis", "spine1", "spine2", "spine3", "l_collar", "r_elbow", "l_wrist"):
        driver = source.names.index(joint_maps.MOTIONBUILDER.drivers[joint])
        np.testing.assert_allclose(
            body[:, body_index(joint)], source.rotations[:, driver], atol=2e-3
        )


def test_spine_joints_without_a_driver_share_the_bend(rest):
    source = bvh_motion("DAZ")
    body = retarget(source, joint_maps.DAZ, rest, "p")
    for first, second in (("spine1", "spine2"), ("neck", "head")):
        np.testing.assert_allclose(
            body.rotation_matrices[:, body_index(first)],
            body.rotation_matrices[:, body_index(second)],
            atol=1e-7,
        )
    bend = Rotation.from_matrix(body.rotation_matrices[:, body_index("spine1")]).magnitude()
    assert bend.max() > 0.05


def test_other_joints_without_a_driver_follow_their_parent(rest):
    body = retarget(bvh_motion("DAZ"), joint_maps.DAZ, rest, "p")
    identity = np.tile(np.eye(3), (8, 1, 1))
    for joint in ("l_foot", "r_hand"):
        np.testing.assert_allclose(
            body.rotation_matrices[:, body_index(joint)], identity, atol=1e-12
        )


def test_result_is_rotations(rest):
    matrices = retarget(asf_motion(), joint_maps.ASF, rest, "p").rotation_matrices
    products = matrices @ np.swapaxes(matrices, -1, -2)
    np.testing.assert_allclose(products, np.broadcast_to(np.eye(3), products.shape), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(matrices), 1, atol=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"LeftLeg": (0, 7, 0)}, "with l_hip to l_knee within 60 degrees of"),
        ({"LeftFoot": (0, 0, 7)}, "with l_knee to l_ankle within 60 degrees of"),
        ({"RightForeArm": (4.9, 0, 0)}, "with r_shoulder to r_elbow within 100 degrees of"),
        ({"LeftHand": (0, 0, 0)}, "with l_elbow to l_wrist within 100 degrees of"),
        (
            {"LeftUpLeg": (-1.6, -1.8, 0.6), "RightUpLeg": (1.6, -1.8, 0.6)},
            r"left hip on the side of \+x, received it 3.2 to the other side",
        ),
    ],
)
def test_refuses_a_zero_pose_that_is_not_upright_and_facing_forward(changes, message, rest):
    shape = {
        name: (parent, changes.get(name, offset))
        for name, (parent, offset) in mocap_files.MOTIONBUILDER.items()
    }
    joints = mocap_files.bvh_joints(shape)
    text = mocap_files.bvh_text(joints, mocap_files.bvh_values(joints, 2))
    source = bvh.read(text.encode(), "p.bvh")
    with pytest.raises(InputError, match=message):
        retarget(source, joint_maps.MOTIONBUILDER, rest, "p.bvh")


def test_refuses_a_wrong_unit_of_length(rest):
    person = asf.read(mocap_files.asf_text(length_unit=1.0).encode(), "p.asf")
    text = mocap_files.amc_text(mocap_files.amc_values(2))
    source = amc.read(text.encode(), "p.amc", person, 120.0)
    with pytest.raises(InputError, match=r"p: expected legs of 0\.4 to 1\.3 m, received 0\.378 m"):
        retarget(source, joint_maps.ASF, rest, "p")
