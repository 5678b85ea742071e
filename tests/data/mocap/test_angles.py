import numpy as np
import pytest

from hps_tf.data.mocap import angles
from hps_tf.errors import InputError
from tests.data import mocap_files


@pytest.mark.parametrize("axes", ["X", "Y", "Z", "ZY", "ZYX", "XYZ", "ZXY", "YXZ", "ZXZ"])
def test_is_the_product_of_the_turns_in_the_order_of_the_axes(axes):
    degrees = np.random.default_rng(0).uniform(-400, 400, (5, 2, len(axes)))
    matrices = angles.to_matrices(axes, degrees)
    for index in np.ndindex(5, 2):
        product = np.eye(3)
        for axis, angle in zip(axes, degrees[index], strict=True):
            product = product @ mocap_files.turn(axis, angle)
        np.testing.assert_allclose(matrices[index], product, atol=1e-12)


def test_no_axes_are_the_identity():
    matrices = angles.to_matrices("", np.empty((4, 0)))
    np.testing.assert_array_equal(matrices, np.tile(np.eye(3), (4, 1, 1)))


@pytest.mark.parametrize("degrees", [[0.0, 0.0], [0.001, -0.01], [90.0, -6.0], []])
def test_zero_and_large_angles_are_not_small(degrees):
    assert not angles.are_small(np.array(degrees))


def test_small_angles_beyond_half_a_turn_in_radians_are_degrees():
    assert angles.are_small(np.array([0.5, -5.0]))
    angles.check_degrees(np.array([0.5, -5.0]), "a.bvh")


def test_refuses_what_looks_like_radians_and_tells_the_way_out():
    message = r"a\.bvh: expected rotations in degrees, received none above 3.1.*--angles degrees"
    with pytest.raises(InputError, match=message):
        angles.check_degrees(np.array([0.5, -3.1]), "a.bvh")
