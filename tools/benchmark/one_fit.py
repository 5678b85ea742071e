"""`hps_tf.fitting.fit` of one person, by its time on all processors.

A first call compiles. It is measured in a process of its own, with an empty cache of compiled
programs and with the one that this left; the calls after it are in the same process.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator

from tools.benchmark import child_process, report

PEERS = ()

_CACHE = "--tf_xla_persistent_cache_directory"
_STATES = ("an empty cache", "the cache of an earlier process")
_PROGRAM = "tools.benchmark.one_fit_process"


def rows() -> Iterator[report.Row]:
    """Measures the first and later calls."""
    case = "one person, 17 keypoints"
    later = []
    with tempfile.TemporaryDirectory() as directory:
        flags = f"{os.environ.get('TF_XLA_FLAGS', '')} {_CACHE}={directory}".strip()
        for state in _STATES:
            report.progress(f"one_fit: first call with {state}")
            ended = child_process.run(
                [sys.executable, "-m", _PROGRAM], variables={"TF_XLA_FLAGS": flags}
            )
            found = json.loads(ended.output.splitlines()[-1])
            yield report.Row(case, f"first call, {state}", "CPU s", found["first"], {})
            later.append(found["later"])
    yield report.Row(case, "a later call", "CPU s", min(later), {})
