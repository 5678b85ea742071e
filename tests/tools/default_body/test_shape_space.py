import numpy as np
import pytest

from tools.default_body import shape_space

SURFACE = 20


@pytest.fixture
def population():
    rng = np.random.default_rng(0)
    base = rng.normal(size=(SURFACE + 4, 3))
    displacements = rng.normal(size=(6, SURFACE + 4, 3)) * np.arange(1, 7)[:, None, None]
    weights = rng.random((200, 6))
    return base, displacements, weights


def test_components_are_those_of_the_shapes_themselves(population):
    base, displacements, weights = population
    space = shape_space.principal_components(*population, surface=SURFACE, count=3)

    shapes = base + np.tensordot(weights, displacements, 1)
    centred = (shapes - shapes.mean(axis=0))[:, :SURFACE].reshape(len(shapes), -1)
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    deviations = singular[:3] / np.sqrt(len(shapes) - 1)
    expected = directions[:3] * deviations[:, None]

    np.testing.assert_allclose(space.mean, shapes.mean(axis=0))
    actual = np.moveaxis(space.components[:SURFACE], -1, 0).reshape(3, -1)
    np.testing.assert_allclose(np.abs(np.sum(actual * expected, axis=1)), deviations**2)
    np.testing.assert_allclose(space.explained, singular[:3] ** 2 / np.sum(singular**2))


def test_points_off_the_surface_follow_along(population):
    base, displacements, weights = population
    space = shape_space.principal_components(*population, surface=SURFACE, count=6)
    shape = base + np.tensordot(weights[0], displacements, 1)
    flat = space.components.reshape(-1, 6)
    coordinates = np.linalg.lstsq(flat, (shape - space.mean).ravel(), rcond=None)[0]
    np.testing.assert_allclose(space.mean + space.components @ coordinates, shape, atol=1e-9)


def test_every_component_makes_the_body_larger(population):
    space = shape_space.principal_components(*population, surface=SURFACE, count=6)
    growth = np.einsum("pcs,pc->s", space.components[:SURFACE], space.mean[:SURFACE])
    assert (growth > 0.0).all()


def test_targets_that_repeat_each_other_do_no_harm(population):
    base, displacements, weights = population
    repeated = np.concatenate([displacements, displacements[:1]])
    more_weights = np.concatenate([weights, weights[:, :1]], axis=1)
    space = shape_space.principal_components(base, repeated, more_weights, SURFACE, count=3)
    assert np.isfinite(space.components).all()
