from pathlib import Path

import pytest
import tensorflow as tf

from hps_tf.errors import InputError
from hps_tf.io import tensorflow_path


@pytest.mark.parametrize("name", ["run", "my run", "lr=1e-3,{a}", "a*?", "ü"])
def test_tensorflow_finds_what_was_written_at_other_paths(name, tmp_path):
    tensorflow_path.check(tmp_path / name, "--workdir")
    checkpoint = tf.train.Checkpoint(value=tf.Variable(1.0))
    path = checkpoint.save(str(tmp_path / name / "ckpt"))
    tf.train.Checkpoint(value=tf.Variable(0.0)).restore(path).assert_consumed()


@pytest.mark.parametrize("name", ["run[1]", "[a", "a]", "a\\b"])
def test_paths_that_tensorflow_does_not_find_are_refused(name):
    with pytest.raises(InputError, match=r"^--workdir .*: expected a path without \[ \] "):
        tensorflow_path.check(Path("runs") / name, "--workdir")
