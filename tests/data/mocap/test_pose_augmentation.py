import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.body.skeleton import JOINT_NAMES
from hps_tf.data.mocap import pose_augmentation

SEED = (3, 4)


def random_pose(seed: int, count: int = 200) -> np.ndarray:
    quaternions = Rotation.random(count * 24, random_state=seed).as_quat()
    return quaternions.reshape(count, 24, 4).astype(np.float32)


@pytest.fixture
def pose() -> np.ndarray:
    return random_pose(0)


@pytest.fixture
def partner() -> np.ndarray:
    return random_pose(1)


def test_mixing_gives_unit_quaternions_near_the_pose(pose, partner):
    mixed = pose_augmentation.mix_joints(pose, partner, 0.1, SEED).numpy()
    np.testing.assert_allclose(np.linalg.norm(mixed, axis=-1), 1, atol=1e-5)
    moved = 2 * np.arccos(np.clip(np.abs((mixed * pose).sum(-1)), 0, 1))
    full = 2 * np.arccos(np.clip(np.abs((partner * pose).sum(-1)), 0, 1))
    assert 0.02 < (moved / full).mean() < 0.15


def test_mixing_turns_a_hinge_about_its_axis():
    angles = np.random.default_rng(0).uniform(0, 2.5, (2, 50, 24))
    axis = np.array([0.6, 0.0, 0.8])
    hinge = Rotation.from_rotvec((angles[..., None] * axis).reshape(-1, 3)).as_quat()
    pose, partner = hinge.reshape(2, 50, 24, 4).astype(np.float32)
    mixed = pose_augmentation.mix_joints(pose, partner, 0.5, SEED).numpy()
    turned = Rotation.from_quat(mixed.reshape(-1, 4)).as_rotvec()
    np.testing.assert_allclose(np.cross(turned, axis), 0, atol=1e-5)
    assert np.abs(mixed - pose).max() > 0.05


def test_mixing_leaves_a_joint_that_never_moves(pose):
    mixed = pose_augmentation.mix_joints(pose, -pose, 0.5, SEED)
    np.testing.assert_allclose(mixed, pose, atol=1e-6)


def test_swapping_takes_whole_limbs(pose, partner):
    swapped = pose_augmentation.swap_limbs(pose, partner, 1.0, SEED).numpy()
    taken = (swapped == partner).all(-1)
    assert ((swapped == pose).all(-1) ^ taken).all()
    left_leg = [JOINT_NAMES.index(f"l_{joint}") for joint in ("hip", "knee", "ankle", "foot")]
    assert (taken[:, left_leg].all(1) ^ ~taken[:, left_leg].any(1)).all()
    assert not taken[:, JOINT_NAMES.index("pelvis")].any()
    assert 0.25 < taken[:, left_leg[0]].mean() < 0.45


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_swapping_changes_the_share_asked_for(share, pose, partner):
    swapped = pose_augmentation.swap_limbs(pose, partner, share, SEED).numpy()
    changed = (swapped != pose).any((1, 2)).mean()
    some_limb = 1 - 0.65**5
    assert changed == pytest.approx(share * some_limb, abs=0.12)


@pytest.mark.parametrize("function", [pose_augmentation.mix_joints, pose_augmentation.swap_limbs])
def test_eager_graph_and_xla_agree_and_seeds_repeat(function, pose, partner):
    eager = function(pose, partner, 0.4, SEED)
    np.testing.assert_array_equal(function(pose, partner, 0.4, SEED), eager)
    assert np.abs(function(pose, partner, 0.4, (5, 6)) - eager).max() > 0
    for compile_ in (False, True):
        compiled = tf.function(function, jit_compile=compile_)
        np.testing.assert_allclose(
            compiled(tf.constant(pose), tf.constant(partner), 0.4, SEED), eager, atol=1e-5
        )


def test_wrong_shape_is_named(pose):
    with pytest.raises(ValueError, match=r"`partner`: expected shape \(\?, 24, 4\), received"):
        pose_augmentation.mix_joints(pose, pose[:, :21], 0.1, SEED)
