import json
import os
import socket
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# As `trainers` has it: runs in this process are compared with runs in others.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import pytest


@pytest.fixture(scope="session")
def cmu_dir() -> Path:
    """The CMU archives and their clips.csv: $HPS_TF_CMU_DIR, else ../shared/data/cmu."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "cmu"
    directory = Path(os.environ.get("HPS_TF_CMU_DIR", beside))
    if not (directory / "clips.csv").is_file():
        pytest.skip(f"no CMU motion capture in {directory} (set HPS_TF_CMU_DIR)")
    return directory


@pytest.fixture
def two_workers():
    """The environments of two workers of a job on this machine."""
    sockets = [socket.socket() for _ in range(2)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    cluster = {"worker": [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]}
    for each in sockets:
        each.close()
    tasks = [{"type": "worker", "index": index} for index in range(2)]
    return [{"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})} for task in tasks]


@pytest.fixture(scope="session")
def records():
    """Reads log.jsonl, without what differs from run to run."""

    def read(workdir):
        lines = (workdir / "log.jsonl").read_text().splitlines()
        parsed = [json.loads(line) for line in lines]
        for record in parsed:
            record.pop("steps_per_second", None)
        return parsed

    return read
