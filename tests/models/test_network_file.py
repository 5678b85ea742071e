import json

import keras
import numpy as np
import pytest

from hps_tf import models
from hps_tf.errors import InputError
from hps_tf.models import StagedNetwork, network_file


@pytest.fixture(scope="module")
def saved(tiny, tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "network.npz"
    models.save(tiny, path)
    return path


def test_a_network_read_back_gives_the_same_outputs(saved, tiny, images):
    again = models.load(saved)
    assert again.options == tiny.options
    for name, value in again(images).items():
        np.testing.assert_array_equal(value, tiny(images)[name])
    latent = np.zeros((1, tiny.prior.latent_dim), np.float32)
    np.testing.assert_array_equal(again.prior.decode(latent), tiny.prior.decode(latent))


def test_half_precision_halves_the_file(saved, tiny, tmp_path):
    models.save(tiny, tmp_path / "half.npz", np.float16)
    assert (tmp_path / "half.npz").stat().st_size < 0.6 * saved.stat().st_size
    assert models.load(tmp_path / "half.npz").num_parameters == tiny.num_parameters


def test_a_network_over_movenet_is_read_back_without_movenets_weights(
    photo, large_images, tmp_path
):
    models.save(photo, tmp_path / "photo.npz")
    with np.load(tmp_path / "photo.npz") as file:
        stored = sum(file[name].size for name in file.files if name.startswith("weight/"))
        header = json.loads(str(file["header"]))
    assert stored == photo.num_parameters
    assert header["front_sha256"] == photo.front.digest
    again = models.load(tmp_path / "photo.npz")
    np.testing.assert_array_equal(again.lifting.mode, photo.lifting.mode)
    for name, value in again(large_images).items():
        np.testing.assert_array_equal(value, photo(large_images)[name])
    for mine, theirs in zip(again.pose.weights, photo.pose.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_network_over_another_front_end_is_refused(photo, tmp_path):
    models.save(photo, tmp_path / "photo.npz")
    _changed(tmp_path / "photo.npz", tmp_path / "bad.npz", _header(front_sha256="0" * 64))
    with pytest.raises(InputError, match=r"field 'header.front_sha256': expected [0-9a-f]{64}, of"):
        models.load(tmp_path / "bad.npz")


def test_the_format_before_front_ends_is_read(saved, tiny, images, tmp_path):
    def age(arrays):
        header = json.loads(str(arrays["header"]))
        for option in ("keypoints", "pose", "lifting_width", "lifting_blocks"):
            del header["options"][option]
        del header["front_sha256"]
        arrays["header"] = np.array(json.dumps(header | {"format": 1}))

    _changed(saved, tmp_path / "old.npz", age)
    old = models.load(tmp_path / "old.npz")
    np.testing.assert_array_equal(old(images)["pose_2"], tiny(images)["pose_2"])


def _changed(path, target, change):
    with np.load(path) as file:
        arrays = dict(file)
    change(arrays)
    np.savez(target, **arrays)


def _header(**changes):
    def change(arrays):
        header = json.loads(str(arrays["header"])) | changes
        arrays["header"] = np.array(json.dumps(header))

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays: arrays.pop("header"), "expected field 'header'"),
        (_header(format=9), "expected a network of format 1"),
        (_header(options=[]), "field 'header.options': expected a dict"),
        (_header(options={"image_size": 64, "blocks": []}), "field 'header': expected a network's"),
        (lambda arrays: arrays.update(header=np.array("{")), "field 'header': expected JSON"),
        (lambda arrays: arrays.update(header=np.arange(3)), "field 'header': expected a text"),
    ],
)
def test_damaged_headers_are_named(saved, tmp_path, change, message):
    _changed(saved, tmp_path / "bad.npz", change)
    with pytest.raises(InputError, match=message) as error:
        network_file.read(tmp_path / "bad.npz")
    assert "bad.npz" in str(error.value)


def test_missing_misshapen_and_infinite_weights_are_named(saved, tmp_path):
    with np.load(saved) as file:
        name = next(name for name in file.files if name.startswith("weight/backbone"))

    def misshape(arrays):
        arrays[name] = arrays[name].ravel()

    def blow_up(arrays):
        arrays[name] = np.full_like(arrays[name], np.inf)

    def exceed(arrays):
        arrays[name] = np.full(arrays[name].shape, 1e300)

    faults = {
        "of single precision, received 1e": exceed,
        "expected field": lambda a: a.pop(name),
        "expected shape": misshape,
        "finite": blow_up,
    }
    for message, change in faults.items():
        _changed(saved, tmp_path / "bad.npz", change)
        with pytest.raises(InputError, match=message) as error:
            network_file.read(tmp_path / "bad.npz")
        assert name in str(error.value)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(InputError, match=r"text\.npz: expected an \.npz archive"):
        models.load(tmp_path / "text.npz")
    with pytest.raises(InputError, match=r"expected a network .*received a directory"):
        models.load(tmp_path)
    with pytest.raises(InputError, match="nothing: no such network"):
        models.load("nothing")


@pytest.mark.parametrize("name", ["n", "n.h5", "n.weights.h5"])
def test_a_network_is_saved_under_exactly_the_name_that_is_given(tiny, images, tmp_path, name):
    tiny.save(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    again = models.load(tmp_path / name)
    for output, value in again(images).items():
        np.testing.assert_array_equal(value, tiny(images)[output])


def test_exchanged_arguments_of_save_are_named(tiny, tmp_path):
    with pytest.raises(TypeError, match="expected a StagedNetwork, followed by the path, received"):
        models.save(str(tmp_path / "n.npz"), tiny)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["tiny", "photo"])
def test_keras_files_hold_network_prior_and_card(kind, request, images, large_images, tmp_path):
    network = request.getfixturevalue(kind)
    seen = images if kind == "tiny" else large_images
    network.save(tmp_path / "n.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["n.keras"]
    again, kerass = models.load(tmp_path / "n.keras"), keras.saving.load_model(tmp_path / "n.keras")
    for other in (again, kerass):
        assert (other.options, other.body, other.card) == (network.options, "default", network.card)
        for output, value in other(seen).items():
            np.testing.assert_array_equal(value, network(seen)[output])
        latent = np.ones((1, network.prior.latent_dim), np.float32)
        np.testing.assert_array_equal(other.prior.decode(latent), network.prior.decode(latent))
    if network.lifting is not None:
        np.testing.assert_array_equal(again.lifting.mode, network.lifting.mode)


def test_keras_files_of_other_models_are_refused(tmp_path):
    path = tmp_path / "n.keras"
    keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]).save(path)
    with pytest.raises(InputError, match=r"n\.keras: expected a staged network, received"):
        models.load(path)


def test_files_have_the_bodys_name_and_those_of_before_the_default_bodys(saved, tmp_path):
    with np.load(saved) as file:
        assert json.loads(str(file["header"]))["body"] == "default"

    def age(arrays):
        header = json.loads(str(arrays["header"]))
        del header["body"]
        arrays["header"] = np.array(json.dumps(header))

    _changed(saved, tmp_path / "old.npz", age)
    assert models.load(tmp_path / "old.npz").body == "default"


def test_a_preset_is_what_load_gives(saved, tiny, images):
    again = StagedNetwork.from_preset(saved)
    np.testing.assert_array_equal(again(images)["pose_1"], tiny(images)["pose_1"])
