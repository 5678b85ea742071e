"""What `setup.cfg` requires is imported by what needs it, and nothing else is."""

import ast
import configparser
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: Packages whose modules have other names.
_MODULES = {
    "absl-py": "absl",
    "google-crc32c": "google_crc32c",
    "grpcio": "grpc",
    "pillow": "PIL",
    "protobuf": "google",
    "scikit-learn": "sklearn",
    "tensorflow-serving-api": "tensorflow_serving",
}

#: Required for others: TensorFlow Probability imports it.
_OF_OTHERS = {"tf_keras"}


def _required(section, option):
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    names = [re.match(r"[\w.-]+", line) for line in config[section][option].splitlines()]
    found = [name[0] for name in names if name]
    return {_MODULES.get(name, name.replace("-", "_")) for name in found}


def _imported(*folders):
    modules = set()
    for path in (file for folder in folders for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.partition(".")[0])
    return modules


INSTALLED = _imported("hps_tf", "trainers", "export")


def test_each_requirement_is_imported_by_what_is_installed():
    assert _required("options", "install_requires") - _OF_OTHERS <= INSTALLED


@pytest.mark.parametrize("extra", ["coco", "human36m", "onnx", "tune", "view"])
def test_each_requirement_of_an_extra_is_imported(extra):
    used = INSTALLED | _imported("tools", "tests")
    assert _required("options.extras_require", extra) <= used


def test_what_is_installed_imports_requirements_and_extras_alone():
    known = {"hps_tf", "trainers", "export", *sys.stdlib_module_names}
    known |= _required("options", "install_requires")
    for extra in ("coco", "human36m", "onnx", "view"):
        known |= _required("options.extras_require", extra)
    assert known >= INSTALLED


def test_a_wheel_has_no_package_of_the_checkout():
    text = (ROOT / "setup.cfg").read_text("utf-8")
    packages = text.partition("[options.packages.find]")[2].partition("\n\n")[0].split()
    assert packages == ["include", "=", "hps_tf*", "trainers*", "export*"]
