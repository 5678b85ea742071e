import numpy as np
import pytest

SETTINGS = {"steps": 50, "xla": True, "checkpoint_every": 25}


@pytest.fixture(scope="module")
def single(toy, tmp_path_factory):
    from trainers import train

    workdir = tmp_path_factory.mktemp("single")
    settings = [f"--config.{name}={value}" for name, value in SETTINGS.items()]
    train.main([f"--config={toy.__file__}", f"--workdir={workdir}", *settings])
    return workdir


def _finish(*processes):
    for process in processes:
        output, errors = process.communicate()
        assert process.returncode == 0, output[-2000:] + errors[-3000:]


def _assert_close(workdir, single, records, final_state):
    state, expected = final_state(workdir), final_state(single)
    assert state.keys() == expected.keys()
    for name, value in state.items():
        np.testing.assert_allclose(value, expected[name], atol=1e-5, rtol=1e-5, err_msg=name)
    for record, reference in zip(records(workdir), records(single), strict=True):
        assert record == pytest.approx(reference, rel=1e-4)


def test_two_mirrored_devices_equal_one(start_toy, single, records, final_state, tmp_path):
    _finish(start_toy(tmp_path, {"TOY_DEVICES": "2"}, strategy="mirrored", **SETTINGS))
    _assert_close(tmp_path, single, records, final_state)


def test_two_workers_equal_one_and_only_the_chief_writes(
    start_toy, two_workers, single, records, final_state, tmp_path
):
    _finish(
        *(
            start_toy(tmp_path, environment, strategy="multi_worker", **SETTINGS)
            for environment in two_workers
        )
    )
    _assert_close(tmp_path, single, records, final_state)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in single.iterdir()}
    checkpoints = {path.name for path in (tmp_path / "checkpoints").iterdir()}
    assert checkpoints == {path.name for path in (single / "checkpoints").iterdir()}
    names = {path.name for path in (tmp_path / "tensorboard").iterdir()}
    assert names == {"train", "validation"}


def test_batch_that_the_replicas_cannot_share_is_refused(start_toy, tmp_path):
    process = start_toy(
        tmp_path, {"TOY_DEVICES": "2"}, strategy="mirrored", batch_size=15, steps=10
    )
    _, errors = process.communicate()
    assert process.returncode == 2
    assert "received batch size 15 and 2 replicas" in errors.splitlines()[-1]
    assert not (tmp_path / "config.json").exists()
