import os
import subprocess
import sys

from hps_tf.cli import environment

CODE = """
import sys
from hps_tf.cli import environment
environment.import_tensorflow()
import os, sklearn, tensorflow
print(os.environ["TF_XLA_FLAGS"])
"""


def test_the_cache_is_where_the_user_wants_it(monkeypatch, tmp_path):
    for name in ("HPS_TF_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert environment.cache_directory() == tmp_path / ".cache" / "hps_tf"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert environment.cache_directory() == tmp_path / "x" / "hps_tf"
    monkeypatch.setenv("HPS_TF_CACHE", str(tmp_path / "y"))
    assert environment.cache_directory() == tmp_path / "y"


def test_what_the_user_has_set_stays(monkeypatch, tmp_path):
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_auto_jit=0")
    monkeypatch.setenv("HPS_TF_CACHE", str(tmp_path))
    environment.keep_compiled_programs()
    flags = os.environ["TF_XLA_FLAGS"]
    assert flags.startswith("--tf_xla_auto_jit=0 --tf_xla_persistent_cache_directory=")
    assert flags.split("=")[-1].startswith(str(tmp_path))
    environment.keep_compiled_programs()
    assert os.environ["TF_XLA_FLAGS"] == flags


def test_without_a_place_for_it_there_is_no_cache(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TF_XLA_FLAGS", "")
    monkeypatch.setenv("HPS_TF_CACHE", str(tmp_path / "file"))
    environment.keep_compiled_programs()
    assert os.environ["TF_XLA_FLAGS"] == ""


def test_tensorflow_is_imported_without_a_word(tmp_path):
    settings = {**os.environ, "HPS_TF_CACHE": str(tmp_path)}
    for name in ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS"):
        settings.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert str(tmp_path) in done.stdout


def test_a_library_that_is_imported_leaves_the_environment_as_it_is():
    code = "import os, sys; before = dict(os.environ); import hps_tf, trainers, export, hps_tf.cli"
    code += "; assert dict(os.environ) == before; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], env=_without_settings(), check=True)


def test_a_program_sets_it_for_itself_and_its_processes(tmp_path):
    (tmp_path / "tensorflow.py").touch()
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "__init__.py").write_text(
        "from hps_tf.cli import environment\nenvironment.of_module_programs()\n"
    )
    (tmp_path / "programs" / "show.py").write_text(
        "import os, sys\n"
        "names = ('TF_CPP_MIN_LOG_LEVEL', 'TF_ENABLE_ONEDNN_OPTS', 'HPS_TF_PROGRAM')\n"
        "print('tensorflow' in sys.modules, *(os.environ.get(name) for name in names))\n"
    )
    # A program of one package that imports another package of programs.
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "__init__.py").write_text(
        (tmp_path / "programs/__init__.py").read_text()
    )
    (tmp_path / "programs" / "show_others.py").write_text(
        "import sys, others\nprint('tensorflow' in sys.modules)\n"
    )
    settings = _without_settings() | {"PYTHONPATH": os.pathsep.join(sys.path)}

    def shown(*arguments, **more):
        done = subprocess.run(
            [sys.executable, *arguments],
            env=settings | more, cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.split()

    *others, started = shown("-m", "programs.show")
    assert others == ["False", "3", "1"]
    assert started.isdecimal()
    assert shown("-m", "programs.show_others") == ["False"]
    assert shown("-c", "import programs.show") == ["False", "None", "None", "None"]
    assert shown("-c", "import programs.show", HPS_TF_PROGRAM="1") == ["True", "3", "1", "1"]


def _without_settings():
    names = ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS", "HPS_TF_PROGRAM")
    return {name: value for name, value in os.environ.items() if name not in names}
