import numpy as np
import pytest

from tools.default_body import phenotype


@pytest.fixture
def adults():
    return phenotype.sample_adults(500, seed=3)


@pytest.mark.parametrize(
    "names",
    [
        ("male", "female"),
        ("young", "old"),
        ("african", "asian", "caucasian"),
        ("minmuscle", "averagemuscle", "maxmuscle"),
        ("minweight", "averageweight", "maxweight"),
        ("mincup", "averagecup", "maxcup"),
    ],
)
def test_factors_of_one_trait_sum_to_one(adults, names):
    np.testing.assert_allclose(sum(adults[name] for name in names), 1.0)
    assert all((adults[name] >= 0.0).all() for name in names)


@pytest.mark.parametrize(
    "names", [("minheight", "maxheight"), ("uncommonproportions", "idealproportions")]
)
def test_two_ended_traits_are_neutral_in_the_middle(adults, names):
    assert (adults[names[0]] * adults[names[1]] == 0.0).all()


def test_same_seed_gives_the_same_people(adults):
    again = phenotype.sample_adults(500, seed=3)
    assert all(np.array_equal(adults[name], again[name]) for name in adults)


def test_weight_of_a_target_is_the_product_of_its_factors(adults):
    factors = [("female", "old"), ("male", "young", "maxmuscle")]
    targets = phenotype.MacroTargets(factors, np.zeros((2, 1, 3)))
    weights = phenotype.target_weights(targets, adults)
    expected = adults["male"] * adults["young"] * adults["maxmuscle"]
    np.testing.assert_allclose(weights[:, 1], expected)
    assert weights.shape == (500, 2)
