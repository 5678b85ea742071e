"""BVH and SMPL-style npz, read back by the readers of motion capture."""

import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.body import kinematics
from hps_tf.body.skeleton import JOINT_NAMES
from hps_tf.data.mocap import amass
from hps_tf.data.mocap import bvh as bvh_reader
from hps_tf.formats import bvh, smpl_npz
from hps_tf.formats.scene import TO_Y_UP


def degrees(a, b):
    return np.degrees((Rotation.from_matrix(a).inv() * Rotation.from_matrix(b)).magnitude())


def test_bvh_read_back_has_the_joints_within_a_millimetre(scene):
    person = scene.people[0]
    motion = bvh_reader.read(bvh.content(person, scene.body, scene.frame_rate), "ann.bvh")
    assert abs(motion.fps - scene.frame_rate) < 1e-3
    assert motion.positions.shape == (7, 24, 3)  # Frames 3 and 4 are interpolated.
    joints = scene.joints(person) @ TO_Y_UP.T
    order = [motion.names.index(name) for name in JOINT_NAMES]
    found = motion.positions[person.frames][:, order] / 100
    assert np.abs(found - joints).max() < 1e-3


def test_bvh_read_back_has_the_rotations_within_a_tenth_of_a_degree(scene):
    person = scene.people[0]
    motion = bvh_reader.read(bvh.content(person, scene.body, scene.frame_rate), "ann.bvh")
    order = [motion.names.index(name) for name in JOINT_NAMES]
    local = Rotation.from_rotvec(person.pose.reshape(-1, 3)).as_matrix().reshape(-1, 24, 3, 3)
    expected = TO_Y_UP @ kinematics.global_rotations(local.astype(np.float32)).numpy()
    found = motion.rotations[person.frames][:, order]
    assert degrees(found.reshape(-1, 3, 3), expected.reshape(-1, 3, 3)).max() < 0.1


def test_frames_between_are_interpolated(scene):
    person = scene.people[0]
    motion = bvh_reader.read(bvh.content(person, scene.body, scene.frame_rate), "ann.bvh")
    root = motion.positions[:, motion.names.index("pelvis")]
    np.testing.assert_allclose(root[3], root[2] + (root[5] - root[2]) / 3, atol=0.01)


def test_a_photograph_is_one_frame_of_bvh(photograph):
    person = photograph.people[0]
    motion = bvh_reader.read(bvh.content(person, photograph.body, None), "a.bvh")
    assert len(motion.positions) == 1


def test_smpl_npz_read_back_has_pose_and_path(scene):
    person = scene.people[0]
    content = smpl_npz.content(person, scene.body, scene.frame_rate)
    motion = amass.read(content, "ann.npz")
    assert motion.fps == scene.frame_rate
    expected = Rotation.from_rotvec(person.pose.reshape(-1, 3)).as_matrix().reshape(-1, 24, 3, 3)
    expected[:, 0] = smpl_npz.TO_Z_UP @ expected[:, 0]
    found = motion.rotation_matrices
    assert degrees(found.reshape(-1, 3, 3), expected.reshape(-1, 3, 3)).max() < 0.1


def test_smpl_npz_places_the_body_as_the_scene_does(scene, tmp_path):
    person = scene.people[0]
    (tmp_path / "a.npz").write_bytes(smpl_npz.content(person, scene.body, scene.frame_rate))
    stored = np.load(tmp_path / "a.npz")
    joints = scene.body.joints(
        pose=stored["poses"].reshape(-1, 24, 3),
        shape=stored["betas"][None],
        translation=stored["trans"],
    ).numpy()
    expected = scene.joints(person) @ smpl_npz.TO_Z_UP.T
    assert np.abs(joints - expected).max() < 1e-3
