import numpy as np
import pytest

from hps_tf.cli.fitting import doubt
from hps_tf.fitting import FitResult


def result(residual=1.0, converged=True, joint_std=None):
    return FitResult(
        pose=np.zeros((1, 24, 3), np.float32),
        shape=np.zeros((1, 10), np.float32),
        translation=np.ones((1, 3), np.float32),
        focal_scale=np.ones(1, np.float32),
        joints_3d=np.zeros((1, 24, 3), np.float32),
        keypoints_2d=np.zeros((1, 17, 2), np.float32),
        residuals=np.full((1, 17), residual, np.float32),
        loss=np.ones(1, np.float32),
        terms={"keypoints": np.ones(1, np.float32)},
        prior_nll=np.ones(1, np.float32),
        converged=np.array([converged]),
        start=np.zeros(1, int),
        start_losses=np.ones((1, 4), np.float32),
        pose_variables=np.zeros((1, 5), np.float32),
        joint_std=None if joint_std is None else np.full((1, 24), joint_std, np.float32),
    )


POINTS = np.random.default_rng(0).uniform(100, 300, (1, 17, 2))
ALL = np.ones((1, 17), bool)


def test_a_body_with_keypoints_met_and_sure_joints_is_not_doubtful():
    assert doubt.reasons(result(joint_std=0.05), POINTS, ALL) == [[]]
    assert doubt.reasons(result(), POINTS, ALL) == [[]]


@pytest.mark.parametrize(
    ("found", "is_seen", "reason"),
    [
        (result(), np.arange(17)[None] < 4, "4 of 17 keypoints"),
        (result(residual=40.0), ALL, "residual of 40.0 pixels"),
        (result(converged=False), ALL, "not settled"),
        (result(joint_std=0.3), ALL, "joints unsure by 30 cm"),
    ],
)
def test_a_doubtful_body_has_its_reason(found, is_seen, reason):
    assert doubt.reasons(found, POINTS, is_seen) == [[reason]]


def test_residuals_are_judged_by_the_size_of_the_person():
    assert doubt.reasons(result(residual=40.0), 10 * POINTS, ALL) == [[]]


def test_bodies_that_are_not_finite_are_doubtful():
    (reasons,) = doubt.reasons(result(residual=np.nan, joint_std=np.nan), POINTS, ALL)
    assert len(reasons) == 2
