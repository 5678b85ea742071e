"""Programs of ``python -m`` read their arguments before they import TensorFlow."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from hps_tf.cli import command

ROOT = Path(__file__).resolve().parents[1]

#: How programs for people end; those that other programs start end otherwise.
_END = re.compile(r'^if __name__ == "__main__":\n    commands?\.run\(', re.MULTILINE)

_RUN = """
import contextlib, io, json, runpy, sys
ends = {}
for program, *arguments in json.loads(sys.stdin.read()):
    sys.argv = ["-m"]  # As Python has it while it imports the package of the module that it runs.
    __import__(program.partition(".")[0])
    sys.argv = [program, *arguments]
    sys.modules.pop(program, None)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        try:
            runpy.run_module(program, run_name="__main__", alter_sys=True)
        except SystemExit as end:
            ends[" ".join([program, *arguments])] = end.code or 0, shown.getvalue()
    if "tensorflow" in sys.modules:
        sys.exit(f"{program} {arguments} imports tensorflow")
print(json.dumps(ends))
"""


def programs():
    """The modules that end as programs do."""
    paths = [
        path for folder in ("tools", "export", "trainers") for path in (ROOT / folder).rglob("*.py")
    ]
    found = set()
    for path in paths:
        if _END.search(path.read_text("utf-8")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found.add(name.removesuffix(".__main__"))
    return sorted(found)


def ends_of(*lines):
    """Runs commands one after another; returns the exit code and the output of each."""
    environment = {name: value for name, value in os.environ.items() if name != "HPS_TF_PROGRAM"}
    done = subprocess.run(
        [sys.executable, "-c", _RUN], input=json.dumps(lines), cwd=ROOT, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_help_and_errors_of_arguments_come_without_tensorflow():
    asked = [(program, "--help") for program in programs()]
    wrong = [(program, "--no_such_option") for program in programs()]
    ends = ends_of(*asked, *wrong)
    assert len(asked) > 25
    assert ends.keys() == {" ".join(words) for words in asked + wrong}
    for words, (code, shown) in ends.items():
        if words.endswith("--help"):
            assert code == 0, words
            assert shown.startswith("usage: "), words
        else:
            assert code == 2, words
            assert "error: " in shown, words


def test_help_of_each_study_is_the_docstring_of_its_module():
    studies = (
        "table1",
        "table2",
        "table3",
        "figure4",
        "alignment",
        "video",
        "pulled",
        "robustness",
    )
    ends = ends_of(*(("tools.reproduce", study, "--help") for study in studies))
    for study in studies:
        code, shown = ends[f"tools.reproduce {study} --help"]
        assert code == 0
        assert command.docstring(f"tools.reproduce.{study}").strip() in shown
