import json

import pytest

from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.errors import InputError
from trainers import tasks, train
from trainers.configs import quickstart


@pytest.fixture
def config():
    """The quickstart with few images and steps."""
    config = quickstart.get_config()
    for source in config.data.values():
        source.render.num_train, source.render.num_validation = 16, 8
    config.steps, config.log_every, config.validate_every, config.checkpoint_every = 2, 2, 1, 2
    config.phases.supervised.share_of_steps = config.phases.weak.share_of_steps = 0.5
    config.batch_size = config.validation_batch_size = 4
    config.lifting = {"steps": 2, "batch_size": 8, "num_train": 32, "num_validation": 16}
    return config


@pytest.mark.slow
def test_renders_trains_measures_draws_and_exports(config, tmp_path, capsys):
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    workdir = tmp_path / "run"
    arguments = [f"--config={tmp_path / 'config.json'}", f"--workdir={workdir}"]
    train.main(arguments)
    summary = json.loads((workdir / "summary.json").read_text())
    assert set(summary["validation"]) == {"labelled", "weak"}
    assert list(summary["phases"]) == ["supervised", "weak"]
    assert [phase["step"] for phase in summary["phases"].values()] == [1, 2]
    for name in ("labelled", "weak"):
        assert {f"{name}/mpjpe_mm", f"{name}/part_iou"} <= set(summary["phases"]["weak"])
        assert len(ImageDataset(workdir / "data" / name, "train")) == 16
        assert (workdir / "pictures" / f"{name}.png").is_file()
    assert (workdir / "saved_model" / "saved_model.pb").is_file()
    assert (workdir / "network.npz").is_file()

    assert set(summary["beside"]) == {"untrained", "likeliest_pose"}
    assert summary["beside"]["likeliest_pose"]["weak"]["pa_mpjpe_mm"] > 0
    last = capsys.readouterr().out.splitlines()[-6:]
    assert last == [
        f"figures     {workdir}/summary.json",
        f"curves      tensorboard --logdir {workdir}/tensorboard",
        f"pictures    {workdir}/pictures",
        f"network     {workdir}/network.npz",
        f"SavedModel  {workdir}/saved_model",
        "next        python -m tools.photo photograph.jpg --output photo",
    ]

    made = [*(workdir / "data").rglob("*.tfrecord"), *workdir.rglob("*.npy")]
    made.append(workdir / "lifting" / "lifting.npz")
    times = {path: path.stat().st_mtime_ns for path in made}
    train.main(arguments)
    assert times == {path: path.stat().st_mtime_ns for path in made}


def test_nothing_is_written_before_the_run_begins(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tasks.create(config)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"style": "c"}, "config.data.weak.render.style: expected one of a, b, received 'c'"),
        ({"num_train": 0}, "config.data.weak.render: expected at least one image a split"),
    ],
)
def test_settings_that_cannot_be_rendered_are_named(config, change, message):
    config.data.weak.render.update(change)
    with pytest.raises(InputError, match=message):
        tasks.create(config)
