import json

import pytest

from hps_tf.errors import InputError
from trainers import workdir
from trainers.configs import base


@pytest.fixture
def config():
    return base.training()


def test_records_the_config(tmp_path, config):
    workdir.begin(tmp_path / "deep" / "run", config)
    recorded = json.loads((tmp_path / "deep" / "run" / "config.json").read_text())
    assert recorded == json.loads(json.dumps(config.to_dict()))


def test_run_goes_on_with_the_same_or_an_adjusted_config(tmp_path, config):
    workdir.begin(tmp_path, config)
    config.steps, config.log_every, config.strategy = 7, 3, "mirrored"
    workdir.check(tmp_path, config)


def test_other_config_is_refused_with_the_differences(tmp_path, config):
    workdir.begin(tmp_path, config)
    config.optimizer.learning_rate = 0.5
    config.seed = 3
    there = base.training().optimizer.learning_rate
    message = rf"optimizer.learning_rate {there} there, 0.5 here; seed 0 there, 3 here;"
    with pytest.raises(InputError, match=message):
        workdir.check(tmp_path, config)


def test_tuples_survive_the_record(tmp_path, config):
    config.sizes = (1, 2)
    workdir.begin(tmp_path, config)
    workdir.check(tmp_path, config)


def test_truncated_record_is_named(tmp_path, config):
    workdir.begin(tmp_path, config)
    record = tmp_path / "config.json"
    record.write_text(record.read_text()[:50])
    with pytest.raises(InputError, match=r"config\.json:\d+: not valid JSON"):
        workdir.check(tmp_path, config)


def test_file_in_the_place_of_the_directory_is_refused(tmp_path, config):
    (tmp_path / "file").write_text("")
    for directory in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(InputError, match="file is a file, not a directory"):
            workdir.check(directory, config)


def test_directory_without_permission_is_refused(tmp_path, config, monkeypatch):
    monkeypatch.setattr(workdir.os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match=f"no permission to write in {tmp_path}"):
        workdir.check(tmp_path / "run", config)
    assert not (tmp_path / "run").exists()
