"""`export.savedmodel` of a tiny network and of a prior, by its time on all processors.

The network is not trained, which costs as much as a trained one.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import keras

from hps_tf import models
from hps_tf.body import load_small
from hps_tf.models import PRESETS, StagedNetwork
from hps_tf.priors import load
from tools.benchmark import child_process, report

PEERS = ()

_PRESET, _PRIOR = "tiny", "cmu-6d-light"
_MODES: dict[str, tuple[str, ...]] = {"with all checks": (), "--quick": ("--quick",)}


def rows() -> Iterator[report.Row]:
    """Measures exports with all checks and quick ones."""
    with tempfile.TemporaryDirectory() as directory:
        run = Path(directory) / _PRESET
        run.mkdir()
        models.save(_network(), run / "network.npz")
        sources: dict[str, tuple[str | Path, ...]] = {
            f"network `{_PRESET}`": ("--run", run),
            f"prior {_PRIOR}": ("--model", _PRIOR),
        }
        for case, source in sources.items():
            for mode, options in _MODES.items():
                report.progress(f"exporting: {case}, {mode}")
                command: list[str | Path] = [
                    sys.executable,
                    "-m",
                    "export.savedmodel",
                    *source,
                    *options,
                ]
                ended = child_process.run([*command, "--output", Path(directory) / "served"])
                yield report.Row(case, mode, "CPU s", ended.cpu_seconds, {})


def _network() -> StagedNetwork:
    keras.utils.set_random_seed(0)
    options = PRESETS[_PRESET]
    return StagedNetwork(options, load(options.prior), load_small().num_shape)
