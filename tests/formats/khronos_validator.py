"""Khronos' glTF validator, of the npm registry, run by node."""

import json
import shutil
import subprocess

import pytest

from hps_tf.errors import InputError
from tools.npm_package import NpmPackage

VALIDATOR = NpmPackage(
    "gltf-validator@2.0.0-dev.3.10",
    "4e03dbdc3bc0d1342afd5d2d7ae341a7e3474502ccb872b02dbbaddaee0fdec6",
)
_SCRIPT = """
const validator = require(process.argv[1]);
const bytes = new Uint8Array(require('fs').readFileSync(process.argv[2]));
validator.validateBytes(bytes, {maxIssues: 0}).then((report) => {
  console.log(JSON.stringify(report));
});
"""


def install(directory):
    """Unpacks the validator; skips where node or the registry is not to be had."""
    if shutil.which("node") is None:
        pytest.skip("needs the program node, found none")
    try:
        with VALIDATOR.opened(None) as archive:
            archive.extractall(directory, filter="data")
    except InputError as error:
        pytest.skip(str(error))
    return directory / "package"


def report(package, path):
    """The validator's report of a file."""
    done = subprocess.run(
        ["node", "-e", _SCRIPT, str(package), str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)
