"""Commands and paths that docstrings and documents name are there."""

import ast
import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

from trainers import arguments

ROOT = Path(__file__).resolve().parents[2]
_COMMAND = re.compile(r"python -m ((?:tools|trainers|export)[\w.]*)")
_CONFIG = re.compile(r"trainers/(?:configs|search_spaces)/\w+\.py")
_SETTING = re.compile(r"--config\.([\w.]+)=")


def _texts() -> dict[str, str]:
    """README, documents, and the docstrings of all modules, by path."""
    listed = subprocess.run(
        ["git", "ls-files", "*.md", "*.py", "*.yaml", "*.sbatch"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    texts = {}
    for name in listed:
        if name.startswith("tests/") or name == "CHANGELOG.md":
            continue
        text = (ROOT / name).read_text("utf-8")
        if name.endswith(".py"):
            text = ast.get_docstring(ast.parse(text)) or ""
        texts[name] = text
    return texts


TEXTS = _texts()


@pytest.mark.parametrize("name", [name for name in TEXTS if _COMMAND.search(TEXTS[name])])
def test_commands_are_modules(name):
    for module in _COMMAND.findall(TEXTS[name]):
        assert importlib.util.find_spec(module.rstrip(".")) is not None, module


@pytest.mark.parametrize("name", [name for name in TEXTS if _CONFIG.search(TEXTS[name])])
def test_configs_are_files(name):
    for path in _CONFIG.findall(TEXTS[name]):
        assert (ROOT / path).is_file(), path


def _runs(text: str) -> list[str]:
    """Commands that train, each on one line."""
    joined = re.sub(r"\\\n\s*", " ", text)
    return re.findall(r"python -m trainers\.train[^\n|`]*", joined)


@pytest.mark.parametrize("name", [name for name in TEXTS if _SETTING.search(TEXTS[name])])
def test_settings_are_those_of_the_named_config(name):
    for command in _runs(TEXTS[name]):
        if configs := _CONFIG.findall(command):
            known = dict(arguments.flatten(arguments.load(ROOT / configs[0])))
            for setting in _SETTING.findall(command):
                assert setting in known, command


@pytest.mark.parametrize("path", sorted(arguments.CONFIGS.glob("[!_]*.py")), ids=lambda p: p.stem)
def test_a_config_says_how_it_is_run_and_where_results_go(path):
    if path.stem == "base":
        pytest.skip("no experiment")
    text = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    (run,) = re.findall(r"^Run: (.*)$", text, re.MULTILINE)
    wanted = "" if path.stem == "quickstart" else f" --config=trainers/configs/{path.name}"
    assert run.startswith(f"python -m trainers.train{wanted}")
    workdir = re.search(r"--workdir=(\S+)", text)
    for named in re.findall(r"Results:\s+(runs/\w+)", text):
        assert named == (workdir[1] if workdir else f"runs/{path.stem}")
