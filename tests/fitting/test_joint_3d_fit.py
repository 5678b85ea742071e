import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.fitting.joint_3d_fit import Joint3DFitter
from hps_tf.fitting.pose_variables import NoPrior
from hps_tf.geometry import axis_angle

COUNT = 24


@pytest.fixture(scope="module")
def fitter(body, gaussian):
    return Joint3DFitter(body, gaussian)


@pytest.fixture(scope="module")
def truth(body, flow):
    """One person in poses that the prior draws, turned any way, metres from the origin."""
    rng = np.random.default_rng(0)
    pose = flow.space.to_pose(flow.space.project(flow.sample(COUNT, 1))).numpy()
    pose[:, 0] = Rotation.random(COUNT, rng=0).as_rotvec()
    shape = np.zeros(16, np.float32)
    shape[:4] = 1.5, -1.0, 0.7, -0.5
    translation = rng.uniform(-3, 3, (COUNT, 3)).astype(np.float32)
    return {"pose": pose, "shape": shape[None], "translation": translation}


def joints(body, arguments):
    return body.keypoints("h36m17", **arguments).numpy().astype(np.float64)


@pytest.fixture(scope="module")
def fitted(fitter, body, truth):
    shape = fitter.estimate_shape(joints(body, truth))
    return fitter.fit(joints(body, truth), shape)


def test_bodies_own_joints_are_met(fitted, body, truth):
    assert fitted.residuals.shape == (COUNT, 17)
    assert fitted.residuals.mean() < 0.003
    assert fitted.residuals.mean(axis=1).max() < 0.006
    assert fitted.is_good.all()
    again = {"pose": fitted.pose, "shape": fitted.shape, "translation": fitted.translation}
    distances = np.linalg.norm(joints(body, again) - joints(body, truth), axis=2)
    np.testing.assert_allclose(distances, fitted.residuals, atol=1e-4)


def test_joints_that_no_marker_shows_come_near_too(fitted, body, truth):
    found = body.joints(pose=fitted.pose, shape=fitted.shape, translation=fitted.translation)
    distances = np.linalg.norm(found - body.joints(**truth), axis=2)
    assert distances.mean() < 0.015


def test_the_shape_is_found_and_one_for_all(fitted, truth):
    assert (fitted.shape == fitted.shape[0]).all()
    np.testing.assert_allclose(fitted.shape[0, 0], truth["shape"][0, 0], atol=0.15)
    np.testing.assert_allclose(fitted.shape[0, :4], truth["shape"][0, :4], atol=0.6)


def test_noise_is_smoothed(fitter, body, truth):
    exact = joints(body, truth)
    noise = np.random.default_rng(1).normal(scale=0.012, size=exact.shape)
    fit = fitter.fit(exact + noise, fitter.estimate_shape(exact + noise))
    again = {"pose": fit.pose, "shape": fit.shape, "translation": fit.translation}
    errors = np.linalg.norm(joints(body, again) - exact, axis=2)
    assert errors.mean() < 0.8 * np.linalg.norm(noise, axis=2).mean()


def test_turning_the_joints_turns_the_bodies(fitter, fitted, body, truth):
    turn = Rotation.from_rotvec([0.3, -2.0, 1.0])
    moved = turn.apply(joints(body, truth).reshape(-1, 3)).reshape(COUNT, 17, 3)
    moved += np.array([5.0, 0.0, -9.0])
    fit = fitter.fit(moved, fitted.shape[0])
    assert fit.residuals.mean() < 0.003
    expected = (turn * Rotation.from_rotvec(fitted.pose[:, 0])).as_matrix()
    found = Rotation.from_rotvec(fit.pose[:, 0]).as_matrix()
    assert np.median(np.abs(found - expected).max(axis=(1, 2))) < 0.1


def test_a_pose_to_start_from_keeps_what_joints_do_not_tell(fitter, body, truth):
    local = axis_angle.to_matrix(tf.constant(truth["pose"])).numpy()
    near = local @ Rotation.from_rotvec([0.05, 0.0, 0.0]).as_matrix()
    fit = fitter.fit(joints(body, truth), truth["shape"][0], near)
    assert fit.residuals.mean() < 0.003
    found = axis_angle.to_matrix(tf.constant(fit.pose, tf.float32)).numpy()
    angles = Rotation.from_matrix(
        (np.swapaxes(found, -1, -2) @ local)[:, 1:22].reshape(-1, 3, 3)
    ).magnitude()
    assert np.degrees(angles.mean()) < 3.5


def test_what_is_no_body_is_not_good(fitter, truth, body):
    exact = joints(body, truth)
    exact[3] = np.random.default_rng(0).normal(size=(17, 3))
    fit = fitter.fit(exact, truth["shape"][0])
    assert not fit.is_good[3]
    assert fit.is_good.sum() == COUNT - 1


def test_tells_how_many_have_ended(fitter, body, truth):
    ended = []
    fitter.fit(joints(body, truth), truth["shape"][0], progress=ended.append)
    assert sum(ended) == COUNT


def test_an_ambient_pose_is_refused(body, flow):
    with pytest.raises(ValueError, match="`pose`: expected a prior's latents"):
        Joint3DFitter(body, NoPrior(flow.space, np.zeros(flow.space.dim)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"joints": np.zeros((2, 16, 3))}, "`joints`: expected shape"),
        ({"joints": np.full((2, 17, 3), np.nan)}, "`joints`: expected finite numbers"),
        (
            {"joints": np.zeros((0, 17, 3))},
            "`joints`: expected finite numbers, of at least one frame",
        ),
        ({"shape": np.zeros(3)}, "`shape`: expected shape"),
        ({"rotation_matrices": np.zeros((1, 24, 3, 3))}, "`rotation_matrices`: expected shape"),
    ],
)
def test_wrong_arguments_are_refused(fitter, given, message):
    arguments = {"joints": np.zeros((2, 17, 3)), "shape": np.zeros(16), **given}
    with pytest.raises(ValueError, match=message):
        fitter.fit(**arguments)
