import json
import runpy

import pytest

from hps_tf.errors import InputError
from trainers import arguments


@pytest.fixture
def config_file(tmp_path):
    path = tmp_path / "experiment.py"
    path.write_text(
        "from ml_collections import ConfigDict\n"
        "def get_config():\n"
        "    return ConfigDict({'steps': 10, 'xla': True, 'sizes': (1, 2),\n"
        "                       'optimizer': {'learning_rate': 0.1}})\n"
    )
    return path


def test_overrides_keep_the_types_of_the_config(config_file):
    overrides = ["--config.steps=20", "--config.optimizer.learning_rate", "1", "--config.xla=false"]
    config = arguments.parse([f"--config={config_file}", *overrides, "--config.sizes=(3,)"]).config
    assert config.to_dict() == {
        "steps": 20,
        "xla": False,
        "sizes": (3,),
        "optimizer": {"learning_rate": 1.0},
    }


def test_config_is_locked(config_file):
    config = arguments.parse([f"--config={config_file}"]).config
    with pytest.raises(AttributeError):
        config.stepps = 3


def test_run_directory_is_named_after_the_config(config_file):
    workdir = arguments.parse([f"--config={config_file}"]).workdir
    assert workdir.parts == ("runs", "experiment")
    workdir = arguments.parse([f"--config={config_file}", "--workdir", "here"]).workdir
    assert str(workdir) == "here"


def test_the_quickstart_is_the_default():
    config, workdir, *_ = arguments.parse([])
    assert config.task == "quickstart"
    assert workdir.parts == ("runs", "quickstart")


def test_resolved_config_can_be_replayed_and_overridden(config_file, tmp_path):
    config = arguments.parse([f"--config={config_file}", "--config.sizes=(5, 6, 7)"]).config
    replay = tmp_path / "config.json"
    replay.write_text(json.dumps(config.to_dict()))
    replayed = arguments.parse([f"--config={replay}"]).config
    assert replayed.to_dict() == config.to_dict()
    changed = arguments.parse([f"--config={replay}", "--config.steps=3"]).config
    assert changed.steps == 3


@pytest.mark.parametrize("path", sorted(arguments.CONFIGS.glob("[!_]*.py")), ids=lambda p: p.stem)
def test_every_config_names_its_command(path):
    module = runpy.run_path(str(path))
    if path.stem != "base":
        assert "python -m trainers.train" in module["__doc__"]
        assert module["get_config"]().task


def test_help_names_configs_and_overrides(capsys):
    with pytest.raises(SystemExit) as exit_:
        arguments.parse(["--help"])
    assert exit_.value.code == 0
    text = capsys.readouterr().out
    assert "prior_6d_light.py" in text
    assert "--config.NAME=VALUE" in text
    assert "base.py" not in text


MALFORMED_ARGUMENTS = {
    "unknown key": (["--config.stepz=3"], "config.stepz: no such setting; did you mean .*steps"),
    "key in the wrong section": (
        ["--config.learning_rate=1"],
        "did you mean --config.optimizer.learning_rate",
    ),
    "key of nothing alike": (
        ["--config.qqq=1"],
        "no such setting; there are optimizer.learning_rate, sizes",
    ),
    "key below a leaf": (["--config.steps.a=1"], "config.steps.a: no such setting"),
    "negated unknown key": (["--noconfig.xlaa"], "config.xlaa: no such setting"),
    "text for a number": (["--config.steps=many"], "config.steps=many"),
    "fraction for an integer": (["--config.steps=1.5"], "config.steps=1.5"),
    "text for a boolean": (["--config.xla=maybe"], "config.xla=maybe"),
    "text for a section": (["--config.optimizer=3"], "config.optimizer: no such setting"),
    "missing value": (["--config.steps"], "config.steps"),
    "unknown flag": (["--wrokdir=x"], "unknown argument --wrokdir"),
    "left over": (["--config.steps=3", "train", "now"], "left over: train now"),
}


@pytest.mark.parametrize(("argv", "message"), MALFORMED_ARGUMENTS.values(), ids=MALFORMED_ARGUMENTS)
def test_malformed_argument_is_one_clear_line(config_file, argv, message):
    with pytest.raises(InputError, match=message) as error:
        arguments.parse([f"--config={config_file}", *argv])
    assert "\n" not in str(error.value)


MALFORMED_FILES = {
    "syntax": ("a.py", "def get_config(:\n", r"a\.py:1: invalid syntax"),
    "no get_config": ("a.py", "x = 1\n", r"a\.py: a config file must define get_config"),
    "raises": ("a.py", "def get_config():\n    return nothing\n", r"a\.py:2: NameError: .*nothing"),
    "import": ("a.py", "import no_such_module\n", r"a\.py:1: ModuleNotFoundError"),
    "key error": ("a.py", "def get_config():\n    return {}['a']\n", r"a\.py:2: KeyError: 'a'"),
    "not a config": (
        "a.py",
        "def get_config():\n    return 3\n",
        "expected a ConfigDict of get_config",
    ),
    "truncated": ("a.json", '{"steps": 3,\n "xla"', r"a\.json:2: not valid JSON"),
    "empty": ("a.json", "", r"a\.json:1: not valid JSON"),
    "binary": ("a.json", b"\xff\xfe\x00", r"a\.json: not valid JSON"),
    "a list": ("a.json", "[1, 2]", r"a\.json: expected an object of settings, received \[1, 2\]"),
}


@pytest.mark.parametrize(
    ("name", "content", "message"), MALFORMED_FILES.values(), ids=MALFORMED_FILES
)
def test_malformed_config_file_is_named_with_its_line(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=message) as error:
        arguments.parse([f"--config={path}"])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name", ["prior_light", "prior_light.py", "trainers/configs/prior_light.py"]
)
def test_a_config_is_found_by_its_name_outside_of_the_checkout(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config, workdir, *_ = arguments.parse([f"--config={name}"])
    assert config.task == "prior"
    assert workdir.parts == ("runs", "prior_light")


def test_settings_of_earlier_versions_are_read(tmp_path):
    config = arguments.load(arguments.CONFIGS / "network_small.py").to_dict()
    old = json.loads(json.dumps(config))
    for phase in old["phases"].values():
        phase["label_evidence"] = phase.pop("ground_truth_evidence")
    old["curriculum"] = "labelled_evidence,own_evidence"
    old["measured"] = "mocap_a"
    old["network"]["trained"] = "backbone,keypoints,parts,pose"
    del old["imports"], old["network"]["backbone_weights"]
    path = tmp_path / "config.json"
    path.write_text(json.dumps(old))
    assert arguments.load(path).to_dict() == config


def test_overrides_of_earlier_versions_are_read():
    argv = [
        "--config=network_small", "--config.curriculum=own_evidence",
        "--config.network.trained=parts,pose",
        "--config.phases.labelled_evidence.label_evidence=0.25",
    ]  # fmt: skip
    config = arguments.parse(argv).config
    assert config.curriculum == ("own_evidence",)
    assert config.network.trained == ("parts", "pose")
    assert config.phases.labelled_evidence.ground_truth_evidence == 0.25


def test_missing_config_file_lists_those_there_are(tmp_path):
    with pytest.raises(InputError, match=r"one of .*prior_6d_light.*, received .*missing\.py"):
        arguments.parse([f"--config={tmp_path / 'missing.py'}"])


def test_a_tilde_is_the_home_directory_in_every_path(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    argv = ["--config.data.path=~/a,~/b,c", "--workdir=~/runs/x"]
    config, workdir, *_ = arguments.parse(
        [f"--config={arguments.CONFIGS / 'prior_light.py'}", *argv]
    )
    assert config.data.path == f"{tmp_path}/a,{tmp_path}/b,c"
    assert workdir == tmp_path / "runs" / "x"
    (tmp_path / "config.json").write_text(json.dumps({"data": {"path": "~/d"}, "note": "a ~ b"}))
    config, *_ = arguments.parse(["--config=~/config.json"])
    assert config.to_dict() == {"data": {"path": f"{tmp_path}/d"}, "note": "a ~ b"}
