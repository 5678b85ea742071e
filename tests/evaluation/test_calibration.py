import numpy as np
import pytest

from hps_tf.evaluation import calibration
from hps_tf.evaluation.calibration import LEVELS


@pytest.fixture(scope="module")
def std():
    return np.random.default_rng(0).uniform(0.01, 0.2, (2_000, 23))


@pytest.fixture(scope="module")
def distance(std):
    """Lengths of normal errors whose variances along x, y and z sum to `std` squared."""
    errors = np.random.default_rng(1).standard_normal((*std.shape, 3))
    return std / np.sqrt(3) * np.linalg.norm(errors, axis=-1)


def test_radii_are_those_of_a_chi_distribution():
    # Chi squared with three degrees of freedom exceeds 2.366, 4.642 and 7.815 in these shares.
    expected = np.sqrt(np.array([2.366, 4.642, 7.815]) / 3)
    np.testing.assert_allclose(calibration.radius(np.array(LEVELS)), expected, rtol=1e-3)


def test_true_deviations_of_normal_errors_are_calibrated(distance, std):
    found = calibration.calibrate(distance, std)
    np.testing.assert_allclose(found.coverage, LEVELS, atol=0.01)
    np.testing.assert_allclose(found.quantiles, calibration.radius(np.array(LEVELS)), rtol=0.02)
    assert found.scale == pytest.approx(1, rel=0.02)


def test_the_scale_mends_deviations_that_are_too_small(distance, std):
    found = calibration.calibrate(distance, 0.5 * std)
    assert found.scale == pytest.approx(2, rel=0.02)
    assert max(found.coverage) < 0.6
    mended = calibration.calibrate(distance, 0.5 * found.scale * std)
    assert mended.coverage[1] == pytest.approx(0.8, abs=1e-3)


def test_a_deviation_of_zero_has_no_interval_but_for_exact_joints():
    found = calibration.calibrate(np.array([0.0, 0.1]), np.zeros(2))
    assert found.coverage == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(("distance", "std"), [((4, 23), (4, 24)), ((0, 23), (0, 23))])
def test_other_shapes_and_no_joints_are_refused(distance, std):
    with pytest.raises(ValueError, match="expected the shape of `distance`"):
        calibration.calibrate(np.zeros(distance), np.zeros(std))
