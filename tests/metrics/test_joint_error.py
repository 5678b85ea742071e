import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hps_tf.metrics import joint_error


def joints(seed, people=5, count=24):
    return np.random.default_rng(seed).normal(size=(people, count, 3)).astype(np.float32)


def reference_mpjpe(found, true, root):
    """The definition, joint by joint."""
    errors = []
    for mine, theirs in zip(found, true, strict=True):
        distances = [
            np.linalg.norm((a - mine[root]) - (b - theirs[root]))
            for a, b in zip(mine, theirs, strict=True)
        ]
        errors.append(np.mean(distances))
    return errors


def reference_pa_mpjpe(found, true):
    """Orthogonal Procrustes by SciPy, person by person."""
    errors = []
    for mine, theirs in zip(found.astype(np.float64), true.astype(np.float64), strict=True):
        x, y = mine - mine.mean(0), theirs - theirs.mean(0)
        rotation, _ = Rotation.align_vectors(y, x)
        turned = rotation.apply(x)
        scale = (turned * y).sum() / (x * x).sum()
        errors.append(np.linalg.norm(scale * turned - y, axis=-1).mean())
    return errors


@pytest.mark.parametrize("root", [0, 7])
def test_mpjpe_equals_its_definition(root):
    found, true = joints(0), joints(1)
    error = joint_error.mpjpe(found, true, root).numpy()
    np.testing.assert_allclose(error, reference_mpjpe(found, true, root), rtol=1e-5)


def test_pa_mpjpe_equals_scipy():
    true = joints(1)
    found = true + 0.2 * joints(0)
    error = joint_error.pa_mpjpe(found, true).numpy()
    np.testing.assert_allclose(error, reference_pa_mpjpe(found, true), rtol=1e-4)


@given(offset=st.tuples(*[st.floats(-5, 5)] * 3))
@settings(max_examples=20, deadline=None)
def test_where_people_stand_does_not_count(offset):
    found, true = joints(0), joints(1)
    moved = found + np.float32(offset)
    expected = joint_error.mpjpe(found, true).numpy()
    np.testing.assert_allclose(joint_error.mpjpe(moved, true).numpy(), expected, atol=1e-5)


def test_size_and_orientation_do_not_count_after_procrustes():
    true = joints(0)
    turn = Rotation.from_rotvec([0.3, -1.0, 2.0]).as_matrix().astype(np.float32)
    found = 1.7 * true @ turn.T + np.float32([1, 2, 3])
    np.testing.assert_allclose(joint_error.pa_mpjpe(found, true).numpy(), 0, atol=1e-5)
    assert (joint_error.mpjpe(found, true).numpy() > 0.5).all()


def test_one_joint_off_by_a_metre_is_a_share_of_a_metre():
    true = np.zeros((1, 24, 3), np.float32)
    found = true.copy()
    found[0, 5, 2] = 1.0
    np.testing.assert_allclose(joint_error.mpjpe(found, true).numpy(), [1 / 24], rtol=1e-6)


@pytest.mark.parametrize("batch", [(), (4,), (2, 3)])
@pytest.mark.parametrize("metric", [joint_error.mpjpe, joint_error.pa_mpjpe])
def test_batch_axes_are_kept_eager_and_compiled(metric, batch):
    rng = np.random.default_rng(0)
    found, true = rng.normal(size=(2, *batch, 17, 3)).astype(np.float32)
    eager = metric(found, true)
    assert eager.shape == batch
    compiled = tf.function(metric, jit_compile=True)(tf.constant(found), tf.constant(true))
    np.testing.assert_allclose(compiled.numpy(), eager.numpy(), rtol=1e-4)


@pytest.mark.parametrize("metric", [joint_error.mpjpe, joint_error.pa_mpjpe])
def test_differing_joints_are_refused(metric):
    with pytest.raises(ValueError, match=r"`target`"):
        metric(joints(0), joints(0, count=17))
