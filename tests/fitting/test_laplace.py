import numpy as np

from hps_tf.fitting import laplace


def test_deviations_are_those_of_the_full_covariance():
    rng = np.random.default_rng(0)
    jacobian = rng.normal(size=(3, 4, 7)).astype(np.float32)
    response = rng.normal(size=(3, 6, 7)).astype(np.float32)
    found = laplace.joint_std(jacobian, response)
    for row in range(3):
        covariance = np.linalg.inv(jacobian[row].T @ jacobian[row] + np.eye(7))
        variances = np.diag(response[row] @ covariance @ response[row].T).reshape(2, 3)
        np.testing.assert_allclose(found[row], np.sqrt(variances.sum(axis=1)), rtol=1e-5)


def test_without_residuals_the_prior_remains():
    response = np.ones((1, 3, 5), np.float32)
    found = laplace.joint_std(np.zeros((1, 4, 5), np.float32), response)
    np.testing.assert_allclose(found, [[np.sqrt(15)]], rtol=1e-6)


def test_exact_residuals_leave_nothing_of_what_they_tell():
    jacobian = 1e6 * np.eye(4, dtype=np.float32)[None, :3]
    response = np.concatenate([np.eye(4)[:3], np.eye(4)[[3, 3, 3]]]).astype(np.float32)[None]
    found = laplace.joint_std(jacobian, response)
    np.testing.assert_allclose(found, [[0.0, np.sqrt(3)]], atol=1e-4)
