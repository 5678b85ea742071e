"""The console command, without TensorFlow wherever nothing is computed."""

import json
import os
import subprocess
import sys

import pytest

import hps_tf
from hps_tf import extras
from hps_tf.cli.__main__ import main
from hps_tf.cli.commands import COMMANDS
from hps_tf.errors import InputError

_HELP = """
import contextlib, io, json, sys, time
begun = time.process_time()
import hps_tf
imported = time.process_time() - begun
from hps_tf.cli.__main__ import main
seconds = {}
for arguments in json.loads(sys.argv[1]):
    begun = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.suppress(SystemExit):
        main(arguments)
    assert shown.getvalue().startswith("usage: " + " ".join(["hps", *arguments[:-1]])), arguments
    seconds[" ".join(arguments)] = time.process_time() - begun
print(json.dumps([imported, seconds, "tensorflow" in sys.modules]))
"""


def hps(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "hps_tf", *map(str, arguments)],
        capture_output=True, text=True, check=False, **options,
    )  # fmt: skip


def test_help_of_each_command_comes_at_once_and_without_tensorflow():
    evaluations = ["prior", "energy", "network", "lifting", "detection", "keypoints"]
    drawings = ["prior", "gallery", "synthetic", "dataset", "network"]
    asked = [["--help"], *([name, "--help"] for name in COMMANDS)]
    asked += [["evaluate", name, "--help"] for name in evaluations]
    asked += [["prior", name, "--help"] for name in ("denoise", "complete", "ik")]
    asked += [["render", name, "--help"] for name in drawings]
    done = subprocess.run(
        [sys.executable, "-c", _HELP, json.dumps(asked)], capture_output=True, text=True, check=True
    )
    imported, seconds, has_tensorflow = json.loads(done.stdout)
    assert not has_tensorflow
    assert imported < 0.3
    assert seconds.keys() == {" ".join(arguments) for arguments in asked}
    assert max(seconds.values()) < 1.0


def test_all_commands_are_in_the_help(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    shown = capsys.readouterr().out
    for name, text in COMMANDS.items():
        assert f"  {name} " in shown
        assert text in shown


def test_the_version_is_the_packages(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"hps_tf {hps_tf.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["phto"], "hps: error: argument COMMAND: invalid choice: 'phto'"),
        ([], "hps: error: the following arguments are required: COMMAND"),
        (["photo", "--outptu", "x"], "hps photo: error: the following arguments are required"),
        (["evaluate", "lifting", "--people", "0"], "argument --people: expected at least 1, rec"),
        (["evaluate", "network", "--max_images", "0"], "expected at least 1, received 0"),
    ],
)
def test_mistakes_are_named_with_the_command(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err


def test_it_works_beside_a_folder_of_the_name_of_the_checkouts_programs(tmp_path):
    for name in ("tools", "trainers"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise AssertionError('imported')")
    settings = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    arguments = ("evaluate", "prior", "--prior", "x", "--data", "x", "--json", "no/where.json")
    done = hps(*arguments, cwd=tmp_path, env=settings)
    assert done.returncode == 2
    assert done.stderr == ("hps evaluate: error: --json no/where.json: there is no directory no\n")


def test_missing_extras_are_one_line():
    message = (
        r"expected the package nobody_has_this, received none; install it with:"
        r" pip install 'hps_tf\[coco\]'"
    )
    with pytest.raises(InputError, match=message), extras.needed("coco"):
        import nobody_has_this  # noqa: F401
