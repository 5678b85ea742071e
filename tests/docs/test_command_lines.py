"""Every command of README and documents is parsed by its program, which then stops."""

import argparse
import importlib
import re
import shlex
import sys
from pathlib import Path

import pytest

from hps_tf.cli import commands
from tests.docs import documents
from trainers import arguments

CASES = [
    pytest.param(command, id=f"{documents.name(path)}: {command[:60]}")
    for path in documents.DOCUMENTS
    for command in dict.fromkeys(documents.commands(path))
    if "COMMAND" not in command
]


class _Parsed(BaseException):
    """Ends a program once it has parsed its arguments."""


@pytest.fixture
def parsed(monkeypatch):
    """Runs a program up to the end of its parsing."""
    parse_known = argparse.ArgumentParser.parse_known_args
    depth = 0

    def stop(self, args=None, namespace=None):
        nonlocal depth
        depth += 1
        try:
            found = parse_known(self, args, namespace)
        finally:
            depth -= 1
        if depth:  # A parser of a subcommand.
            return found
        # `tools.tune` hands the settings of its config on to the trainer.
        leftover = [word for word in found[1] if not word.startswith("--config")]
        if leftover:
            self.error(f"unrecognized arguments: {' '.join(leftover)}")
        raise _Parsed

    def run(program, words):
        main = program_of(program)
        with monkeypatch.context() as patched:
            patched.setattr(argparse.ArgumentParser, "parse_known_args", stop)
            patched.setattr(sys, "argv", [program, *words])
            with pytest.raises(_Parsed):
                main(words)

    return run


def program_of(program):
    if program.startswith("hps "):
        name = program.split()[1]
        module = importlib.import_module(f"hps_tf.cli.{name}")
        return lambda words: module.main(words, program)
    module = importlib.import_module(program)
    if hasattr(module, "__path__"):
        module = importlib.import_module(f"{program}.__main__")
    if program.startswith("tools.") and program.split(".")[1] in commands.COMMANDS:
        return program_of(f"hps {program.split('.')[1]}")
    return lambda words: module.main()


def test_documents_hold_commands():
    assert len(CASES) > 60


@pytest.mark.parametrize("command", CASES)
def test_a_programs_parser_takes_the_command(command, parsed, monkeypatch, capsys):
    monkeypatch.chdir(documents.ROOT)
    words = shlex.split(re.sub(r"[\[\]]", "", command))
    if words[0] == "hps":
        program, words = " ".join(words[:2]), words[2:]
        assert program.split()[1] in commands.COMMANDS, command
    else:
        program, words = words[2], words[3:]
    if program == "trainers.train":
        _assert_trains(words)
    elif not program.startswith(("hps ", "tools.", "trainers.", "export.")):
        assert importlib.util.find_spec(program), command
    elif any(word.startswith("--") and word != "--help" for word in words):
        try:
            parsed(program, words)
        except SystemExit as stop:
            raise AssertionError(f"{command}: {capsys.readouterr().err}") from stop
    else:  # The name of a program, in a sentence.
        assert callable(program_of(program))


def _assert_trains(words):
    """Settings are those of the config; what a search or an earlier run writes is not there."""
    config = [word.partition("=")[2] for word in words if word.startswith("--config=")]
    if config and not Path(config[0]).is_file():
        assert config[0] == "…" or config[0].startswith("search/"), config
        words = [word for word in words if not word.startswith("--config=")]
        known = (arguments.CONFIGS / "prior_light.py").as_posix()
        words = [f"--config={known}", *words]
    arguments.parse(words)
