import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.data.mocap import kinematics

PARENTS = (-1, 0, 1, 1, 0)


def test_chains_rotations_and_offsets_like_a_loop_over_joints():
    rng = np.random.default_rng(0)
    local = Rotation.random(7 * 5, rng=rng).as_matrix().reshape(7, 5, 3, 3)
    offsets = rng.normal(size=(7, 5, 3))

    world, positions = kinematics.forward_kinematics(local, offsets, PARENTS)

    for frame in range(7):
        for joint, parent in enumerate(PARENTS):
            if parent < 0:
                turn, place = local[frame, joint], offsets[frame, joint]
            else:
                turn = world[frame, parent] @ local[frame, joint]
                place = positions[frame, parent] + world[frame, parent] @ offsets[frame, joint]
            np.testing.assert_allclose(world[frame, joint], turn, atol=1e-12)
            np.testing.assert_allclose(positions[frame, joint], place, atol=1e-12)


def test_local_rotations_undo_the_chaining():
    local = Rotation.random(20, rng=1).as_matrix().reshape(4, 5, 3, 3)
    world, _ = kinematics.forward_kinematics(local, np.zeros((5, 3)), PARENTS)
    np.testing.assert_allclose(kinematics.local_rotations(world, PARENTS), local, atol=1e-12)
