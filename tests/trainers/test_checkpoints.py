import numpy as np
import pytest
import tensorflow as tf

from hps_tf.errors import InputError
from trainers.checkpoints import Checkpoints
from trainers.strategy import Worker


def _state(value=0.0):
    return {
        "weights": [tf.Variable(tf.fill([50], value)), tf.Variable(value)],
        "progress": [tf.Variable(int(value), dtype=tf.int64)],
    }


def _save(directory, *steps):
    state = _state()
    checkpoints = Checkpoints(directory, state, Worker())
    for step in steps:
        for variable in (*state["weights"], *state["progress"]):
            variable.assign(tf.cast(tf.fill(variable.shape, step), variable.dtype))
        checkpoints.save(step)


def _restored(directory):
    state = _state()
    assert Checkpoints(directory, state, Worker()).restore()
    values = {float(value) for group in state.values() for v in group for value in np.ravel(v)}
    assert len(values) == 1  # All of one checkpoint.
    return values.pop()


def test_nothing_to_restore(tmp_path):
    assert not Checkpoints(tmp_path / "none", _state(), Worker()).restore()


def test_newest_checkpoint_is_restored(tmp_path):
    _save(tmp_path, 5, 10)
    assert _restored(tmp_path) == 10.0


def test_three_newest_are_kept(tmp_path):
    _save(tmp_path, 9, 10, 11, 12)
    steps = {path.stem for path in tmp_path.glob("*.index")}
    assert steps == {"ckpt-10", "ckpt-11", "ckpt-12"}


def _truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)


DAMAGE = {
    "data truncated": ("data-00000-of-00001", _truncate),
    "data flipped": ("data-00000-of-00001", _flip_a_byte),
    "data empty": ("data-00000-of-00001", lambda path: path.write_bytes(b"")),
    "data missing": ("data-00000-of-00001", lambda path: path.unlink()),
    "index truncated": ("index", _truncate),
    "index flipped": ("index", _flip_a_byte),
    "index empty": ("index", lambda path: path.write_bytes(b"")),
}


@pytest.mark.parametrize(("suffix", "damage"), DAMAGE.values(), ids=DAMAGE)
def test_damaged_newest_checkpoint_falls_back_with_a_warning(tmp_path, caplog, suffix, damage):
    _save(tmp_path, 5, 10)
    damage(tmp_path / f"ckpt-10.{suffix}")
    assert _restored(tmp_path) == 5.0
    assert "ckpt-10 cannot be read" in caplog.text


def test_only_damaged_checkpoints_are_an_error_not_a_new_beginning(tmp_path):
    _save(tmp_path, 5, 10)
    for path in tmp_path.glob("*.data*"):
        _truncate(path)
    with pytest.raises(InputError, match=r"no checkpoint can be read \(tried ckpt-10, ckpt-5\)"):
        Checkpoints(tmp_path, _state(), Worker()).restore()


def test_damaged_record_of_the_newest_does_not_matter(tmp_path):
    _save(tmp_path, 5, 10)
    (tmp_path / "checkpoint").write_text("model_che")
    assert _restored(tmp_path) == 10.0


def test_state_of_another_model_is_an_error(tmp_path):
    _save(tmp_path, 5)
    state = {"weights": [tf.Variable(tf.zeros([3]))], "progress": []}
    with pytest.raises(InputError, match="no checkpoint can be read"):
        Checkpoints(tmp_path, state, Worker()).restore()


def test_other_workers_leave_no_files(tmp_path):
    _save(tmp_path, 5)
    before = sorted(tmp_path.iterdir())
    second = Checkpoints(tmp_path, _state(), Worker(index=1, count=2))
    assert second.restore()
    second.save(6)
    assert sorted(tmp_path.iterdir()) == before
