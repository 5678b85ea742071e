import numpy as np

from hps_tf.body.skeleton import JOINT_NAMES, PARENTS
from hps_tf.geometry import axis_angle
from hps_tf.reconstruction.joint_spread import joint_std

RNG = np.random.default_rng(0)


def test_equals_what_random_rotations_do(body):
    """Against samples of small rotation errors, in a random pose."""
    rotations = axis_angle.to_matrix(RNG.normal(0, 0.4, (1, 24, 3)).astype(np.float32)).numpy()
    deviations = RNG.uniform(0.005, 0.02, (1, 24, 3))
    count = 2000
    errors = RNG.normal(size=(count, 24, 3)) * deviations
    moved = rotations @ axis_angle.to_matrix(errors.astype(np.float32)).numpy()
    sampled = body.joints(rotation_matrices=moved).numpy()
    joints = body.joints(rotation_matrices=rotations).numpy()
    off = (sampled - sampled[:, :1]) - (joints - joints[:, :1])
    expected = np.sqrt(np.square(off).mean(axis=0).sum(axis=1))
    found = joint_std(rotations, joints, deviations)
    np.testing.assert_allclose(found[0, 1:], expected[1:], rtol=0.08)
    assert found[0, 0] == 0


def test_only_joints_beyond_an_unsure_one_are_unsure(body):
    rotations = np.tile(np.eye(3, dtype=np.float32), (1, 24, 1, 1))
    joints = body.joints(rotation_matrices=rotations).numpy()
    deviations = np.zeros((1, 24, 3))
    elbow = JOINT_NAMES.index("l_elbow")
    deviations[0, elbow] = 0.3
    unsure = joint_std(rotations, joints, deviations)[0] > 0
    beyond = [j for j in range(24) if j != elbow and elbow in _ancestors(j)]
    assert np.flatnonzero(unsure).tolist() == beyond


def test_turning_about_the_arm_itself_moves_nothing(body):
    rotations = np.tile(np.eye(3, dtype=np.float32), (1, 24, 1, 1))
    joints = np.zeros((1, 24, 3))
    joints[0, :, 0] = np.arange(24)  # All along x.
    deviations = np.zeros((1, 24, 3))
    deviations[..., 0] = 1.0
    np.testing.assert_array_equal(joint_std(rotations, joints, deviations), 0)


def _ancestors(joint):
    found = []
    while (joint := PARENTS[joint]) >= 0:
        found.append(joint)
    return found
