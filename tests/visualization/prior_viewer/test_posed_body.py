import numpy as np
import pytest

from hps_tf import priors
from hps_tf.body import load_small
from hps_tf.visualization.prior_viewer import latent_directions
from hps_tf.visualization.prior_viewer.posed_body import PosedBody


@pytest.fixture(scope="module")
def body():
    return load_small()


@pytest.fixture(scope="module")
def prior():
    return priors.load("cmu-vposer")


@pytest.fixture(scope="module")
def directions(prior, body):
    return latent_directions.principal(prior, body)


def test_directions_are_orthonormal_and_sorted_by_movement(prior, directions):
    np.testing.assert_allclose(
        directions.basis.T @ directions.basis, np.eye(prior.latent_dim), atol=1e-9
    )
    assert (np.diff(directions.movement) <= 0).all()


def test_movement_is_what_joints_do_along_a_direction(prior, body, directions):
    centres = np.random.default_rng(1).normal(size=(200, prior.latent_dim))

    def joints(latents):
        pose = prior.space.to_pose(prior.decode(latents.astype(np.float32)))
        return body.joints(pose=pose).numpy()

    for number in (0, 1, prior.latent_dim - 1):
        step = 0.1 * directions.basis[:, number]
        moved = np.linalg.norm(joints(centres + step) - joints(centres - step), axis=-1) / 0.2
        found = np.sqrt((moved**2).mean())
        assert 0.7 * directions.movement[number] < found < 1.4 * directions.movement[number]


def test_a_move_changes_one_coordinate_alone(prior, body, directions):
    posed = PosedBody(prior, body, directions)
    posed.draw(np.random.default_rng(0))
    before = posed.coordinates
    posed.move(3, 1.25)
    expected = before.copy()
    expected[3] = 1.25
    np.testing.assert_allclose(posed.coordinates, expected, atol=1e-9)


def test_the_look_is_the_body_of_the_decoded_latent_on_the_floor(prior, body, directions):
    posed = PosedBody(prior, body, directions)
    posed.draw(np.random.default_rng(0))
    posed.shape[1] = 2.0
    vertices, score = posed.look()
    vectors = prior.decode(posed.latent[None].astype(np.float32))
    expected = body(
        pose=prior.space.to_pose(vectors), shape=posed.shape[None].astype(np.float32)
    ).vertices.numpy()[0]
    expected[:, 1] -= expected[:, 1].min()
    np.testing.assert_allclose(vertices, expected, atol=1e-5)
    assert score == pytest.approx(-float(prior.energy(vectors)[0]), rel=1e-3)
