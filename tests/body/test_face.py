import numpy as np
import pytest

from hps_tf.body import default_body, face
from hps_tf.body.keypoints import LANDMARK_NAMES
from hps_tf.body.skeleton import JOINT_NAMES

HEAD = JOINT_NAMES.index("head")


@pytest.fixture(scope="module")
def fine():
    return default_body.read(6890)


def test_landmarks_of_the_embedded_body_are_found_again(fine):
    regressor = face.landmark_regressor(fine.template, fine.weights[:, HEAD])
    errors = np.linalg.norm(regressor @ fine.template - fine.landmarks, axis=1)
    assert dict(zip(LANDMARK_NAMES, errors < 0.008, strict=True)) == dict.fromkeys(
        LANDMARK_NAMES, True
    )


def test_landmarks_do_not_depend_on_size_and_place(fine):
    weights = fine.weights[:, HEAD]
    regressor = face.landmark_regressor(fine.template, weights)
    moved = face.landmark_regressor(0.7 * fine.template + [1.0, -2.0, 3.0], weights)
    np.testing.assert_array_equal(moved, regressor)


def test_rows_are_means_of_head_vertices(fine):
    regressor = face.landmark_regressor(fine.template, fine.weights[:, HEAD])
    np.testing.assert_allclose(regressor.sum(axis=1), 1.0)
    used = regressor.any(axis=0)
    assert (fine.weights[used, HEAD] > 0.5).all()
