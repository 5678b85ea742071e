import os
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
