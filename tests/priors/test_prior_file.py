import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from hps_tf.errors import InputError
from hps_tf.priors import (
    FlowPrior,
    GaussianMixture,
    PoseVAE,
    list_pretrained,
    load,
    pose_space,
)
from tests.priors import flow_checks

SPACE = pose_space.AXIS_ANGLE
FLOWS = ("cmu-6d-light", "cmu-6d-realnvp", "cmu-aa-light", "cmu-aa-realnvp")


@pytest.fixture(scope="module")
def prior() -> FlowPrior:
    prior = FlowPrior(SPACE, 0.03, "realnvp", num_steps=1, hidden_units=(8,), dropout=0.1)
    flow_checks.perturb(prior, scale=0.05)
    prior.references = {"gaussian": GaussianMixture.gaussian(np.zeros(63), np.eye(63))}
    prior.card = {"data": "none", "seed": 3}
    return prior


@pytest.fixture
def path(prior, tmp_path):
    path = tmp_path / "prior.npz"
    prior.save(path)
    return path


def test_a_loaded_prior_equals_the_saved_one(prior, path):
    loaded = load(path)
    x = tf.random.stateless_normal((3, 63), (0, 1))
    np.testing.assert_array_equal(loaded.log_prob(x), prior.log_prob(tf.identity(x)))
    assert (loaded.architecture, loaded.space, loaded.sigma) == ("realnvp", SPACE, 0.03)
    assert loaded.options == {"num_steps": 1, "hidden_units": (8,), "dropout": 0.1}
    assert loaded.card == prior.card
    np.testing.assert_allclose(
        loaded.references["gaussian"].log_prob(x), prior.references["gaussian"].log_prob(x)
    )


def test_saving_leaves_no_other_file(path):
    assert [entry.name for entry in path.parent.iterdir()] == ["prior.npz"]


@pytest.mark.parametrize("name", ["my", "my.h5", "v1.2"])
def test_a_prior_is_saved_under_exactly_the_name_that_is_given(prior, tmp_path, name):
    prior.save(tmp_path / name)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    x = tf.random.stateless_normal((3, 63), (0, 1))
    np.testing.assert_array_equal(load(tmp_path / name).log_prob(x), prior.log_prob(x))


def test_the_directory_of_a_run_is_refused_with_the_file_to_give(path):
    with pytest.raises(InputError, match=rf"received a directory; give its file {path}"):
        load(path.parent)


def change(path, **replacements) -> None:
    arrays = dict(np.load(path))
    for key, value in replacements.items():
        if value is None:
            del arrays[key]
        else:
            arrays[key] = value
    np.savez(path, **arrays)


def change_header(path, **replacements) -> None:
    header = json.loads(str(np.load(path)["header"])) | replacements
    change(path, header=np.array(json.dumps(header)))


WEIGHT = "weight/body_linear_0/2_bias"
DAMAGE = {
    "empty": (lambda path: path.write_bytes(b""), "damaged"),
    "truncated": (lambda path: path.write_bytes(path.read_bytes()[:5000]), "damaged"),
    "text": (lambda path: path.write_text("prior"), "damaged"),
    "other arrays": (lambda path: np.savez(path, a=np.zeros(2)), "`header` is missing"),
    "pickled": (
        lambda path: np.savez(path, header=np.array([{}], dtype=object)),
        "damaged",
    ),
    "header is no JSON": (lambda path: change(path, header=np.array("{")), "`header`"),
    "header is a list": (lambda path: change(path, header=np.array("[]")), "`header`"),
    "later format": (lambda path: change_header(path, format=2), "format 2 is not supported"),
    "unknown preset": (
        lambda path: change_header(path, preset="nice"),
        "`preset`: expected one of",
    ),
    "unknown space": (lambda path: change_header(path, space="9d"), "pose space: expected one of"),
    "other space": (lambda path: change_header(path, space="6d"), "expected shape"),
    "sigma is text": (lambda path: change_header(path, sigma="0.1"), "`header.sigma`"),
    "sigma is negative": (
        lambda path: change_header(path, sigma=-0.1),
        "`sigma`: expected a number above 0",
    ),
    "unknown option": (lambda path: change_header(path, options={"depth": 3}), "depth"),
    "weight missing": (lambda path: change(path, **{WEIGHT: None}), "body_linear_0/2_bias"),
    "weight of wrong shape": (
        lambda path: change(path, **{WEIGHT: np.zeros(5)}),
        r"`body_linear_0/2_bias`: expected shape \(63,\), received \(5,\)",
    ),
    "weight is NaN": (
        lambda path: change(path, **{WEIGHT: np.full(63, np.nan)}),
        "`weight/body_linear_0/2_bias`: expected finite numbers",
    ),
    "weight is beyond single precision": (
        lambda path: change(path, **{WEIGHT: np.full(63, 1e300)}),
        "`weight/body_linear_0/2_bias`: expected finite numbers",
    ),
    "reference missing": (
        lambda path: change(path, **{"gaussian/means": None}),
        "`gaussian/means` is missing",
    ),
    "reference not a mixture": (
        lambda path: change(path, **{"gaussian/covariances": np.zeros((1, 63 * 32))}),
        "reference `gaussian` is not a mixture",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_named_with_what_is_wrong(damage, path):
    harm, message = DAMAGE[damage]
    harm(path)
    with pytest.raises(InputError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_an_unknown_name_lists_the_pretrained_ones():
    with pytest.raises(InputError, match="nobody: no such prior; expected a file or one of"):
        load("nobody")


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(InputError, match="received a directory"):
        load(tmp_path)


def test_a_prior_of_another_kind_is_refused_where_a_density_is_needed(tmp_path):
    PoseVAE(SPACE, 0.1, hidden_units=4, latent_dim=2).save(tmp_path / "vae.npz")
    expected = r"vae\.npz: expected a prior with a density, received vposer \(PoseVAE\)"
    with pytest.raises(InputError, match=expected):
        load(tmp_path / "vae.npz", "latent", "density")


def test_a_damaged_keras_file_is_named(prior, tmp_path):
    (tmp_path / "prior.keras").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"prior\.keras: expected a prior in Keras' format"):
        load(tmp_path / "prior.keras")
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(tmp_path / "net.keras")
    with pytest.raises(InputError, match=r"net\.keras: expected a prior, received a Sequential"):
        load(tmp_path / "net.keras")


def test_the_references_are_in_a_keras_file_too(prior, tmp_path):
    prior.save(tmp_path / "prior.keras")
    loaded = load(tmp_path / "prior.keras")
    x = tf.random.stateless_normal((3, 63), (0, 1))
    wanted = prior.references["gaussian"].log_prob(x)
    np.testing.assert_allclose(loaded.references["gaussian"].log_prob(x), wanted)


@pytest.mark.parametrize("name", list_pretrained())
def test_pretrained_priors_load_with_their_cards(name):
    prior = load(name)
    assert {"data", "command", "seed"} <= prior.card.keys()
    energy = prior.energy(prior.space.from_pose(tf.zeros((2, 24, 3))))
    assert np.isfinite(energy).all()


@pytest.mark.parametrize("name", FLOWS)
def test_pretrained_flows_have_references_and_rate_their_samples(name):
    flow = load(name)
    assert flow.references.keys() == {"gaussian", "gmm8"}
    samples = flow.sample(8, seed=0)
    assert np.isfinite(flow.log_prob(tf.identity(samples))).all()
