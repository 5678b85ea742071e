import io
import zipfile

import numpy as np
import pytest

from hps_tf.errors import InputError
from hps_tf.io import npz_arrays
from hps_tf.io.npz_arrays import NpzArrays


def saved(**fields):
    buffer = io.BytesIO()
    np.savez(buffer, **fields)
    return buffer.getvalue()


def arrays(**fields):
    return NpzArrays(saved(**fields), "a.npz")


def test_reads_a_text():
    assert arrays(kind="network ü\n").text("kind") == "network ü\n"
    assert arrays(kind="").text("kind") == ""


def test_reads_numbers_of_any_type_as_float64():
    for dtype in (np.float16, np.float32, np.int8, bool):
        found = arrays(pose=np.array([[0, 1]], dtype)).finite_numbers("pose")
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, [[0, 1]])


def test_complex_numbers_are_refused():
    with pytest.raises(InputError, match="field 'pose': expected real numbers, received complex"):
        arrays(pose=np.array([1 + 2j])).numbers("pose")


def test_reads_texts_and_whole_numbers_as_texts():
    assert arrays(names=["ann", "bob"]).texts("names") == ["ann", "bob"]
    assert arrays(names=[7, 12]).texts("names") == ["7", "12"]


@pytest.mark.parametrize(
    ("value", "received"),
    [
        (["a"], "received shape (1,) of <U1"),
        (3, "received shape () of int64"),
        (b"abc", "received shape () of |S3"),
    ],
)
def test_what_is_no_text_is_refused(value, received):
    with pytest.raises(InputError) as error:
        arrays(kind=value).text("kind")
    assert str(error.value) == f"a.npz, field 'kind': expected a text, {received}"


@pytest.mark.parametrize("method", ["text", "texts", "numbers", "finite_numbers"])
def test_a_missing_field_is_named_with_those_there_are(method):
    found = arrays(pose=np.ones(3), kind="x")
    with pytest.raises(InputError, match=r"a\.npz: expected field 'name', received fields pose, "):
        getattr(found, method)("name")


@pytest.mark.parametrize("method", ["text", "texts", "numbers", "finite_numbers"])
def test_nothing_is_unpickled(method):
    with pytest.raises(InputError, match=r"a\.npz, field 'kind': expected numbers, received: "):
        getattr(arrays(kind=np.array({}, object)), method)("kind")


def test_numbers_may_be_nan_where_finite_ones_are_not_asked_for():
    found = arrays(pose=[1.0, np.nan])
    assert np.isnan(found.numbers("pose")[1])
    with pytest.raises(InputError, match=r"a\.npz, field 'pose': expected finite numbers"):
        found.finite_numbers("pose")
    with pytest.raises(InputError, match=r"a\.npz, field 'pose': expected numbers, received: "):
        arrays(pose="one").numbers("pose")


@pytest.mark.parametrize("data", [b"", b"abc", saved(a=1)[:-30]])
def test_what_is_no_archive_is_refused(data):
    with pytest.raises(InputError, match=r"a\.npz: expected an \.npz archive, received"):
        NpzArrays(data, "a.npz")


def test_an_array_alone_is_no_archive():
    buffer = io.BytesIO()
    np.save(buffer, np.ones(3))
    with pytest.raises(InputError, match=r"a\.npz: expected an \.npz archive, received"):
        NpzArrays(buffer.getvalue(), "a.npz")


def test_an_archive_that_would_fill_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(npz_arrays, "MAX_BYTES", 1_000)
    with pytest.raises(InputError, match=r"a\.npz: expected at most 1000 bytes, received"):
        arrays(pose=np.ones(200))


@pytest.mark.parametrize("name", ["a.npz", "a", "a.keras", "a.h5", "v1.2", "a.npz.bak", ".hidden"])
def test_an_archive_is_written_to_exactly_the_path_that_is_given(tmp_path, name):
    arrays = {"file": np.arange(3), "of/names": np.array("text"), "empty": np.zeros((0, 2))}
    npz_arrays.write(tmp_path / name, arrays)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with np.load(tmp_path / name, allow_pickle=False) as file:
        assert file.files == list(arrays)
        for field, array in arrays.items():
            np.testing.assert_array_equal(file[field], array)
            assert file[field].dtype == array.dtype


def test_what_would_have_to_be_pickled_is_not_written(tmp_path):
    (tmp_path / "a.npz").write_text("old")
    with pytest.raises(ValueError, match="allow_pickle"):
        npz_arrays.write(tmp_path / "a.npz", {"a": np.array([{}], object)})
    assert (tmp_path / "a.npz").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_texts_of_numbers_that_are_no_characters_are_refused():
    buffer = io.BytesIO()
    np.savez(buffer, one=np.array("a"), many=np.array(["a", "b"]))
    data = buffer.getvalue()
    entries = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            entries[name] = archive.read(name)[:-4] + b"\xff\xff\xff\x7f"
    damaged = io.BytesIO()
    with zipfile.ZipFile(damaged, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    arrays = NpzArrays(damaged.getvalue(), "a.npz")
    for read in (lambda: arrays.text("one"), lambda: arrays.texts("many")):
        with pytest.raises(InputError, match="expected texts, received other characters"):
            read()
    with pytest.raises(InputError, match="expected numbers, received"):
        arrays.numbers("many")


def test_a_small_archive_of_many_numbers_or_bytes_is_refused(monkeypatch):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=np.zeros(2000, np.uint8), b=np.zeros(2))
    arrays = NpzArrays(buffer.getvalue(), "a.npz")
    monkeypatch.setattr(npz_arrays, "MAX_NUMBERS", 1000)
    with pytest.raises(InputError, match="'a': expected at most 1000 numbers, received 2000"):
        arrays.numbers("a")
    monkeypatch.setattr(npz_arrays, "MAX_FIELD_BYTES", 1000)
    with pytest.raises(InputError, match="'a': expected numbers, received: 2128 bytes, more than"):
        arrays.numbers("a")
    np.testing.assert_array_equal(arrays.numbers("b"), [0, 0])
