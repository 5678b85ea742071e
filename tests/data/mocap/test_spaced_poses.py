import numpy as np

from hps_tf.data.mocap.spaced_poses import evenly_spaced


def test_picked_poses_reach_from_first_to_last():
    poses = np.arange(100)
    assert evenly_spaced(poses, 4).tolist() == [0, 33, 66, 99]
    assert evenly_spaced(poses, 1000) is poses
