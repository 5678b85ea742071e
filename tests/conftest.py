import contextlib
import ctypes
import gc
import json
import os
import socket
import sys
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# As `trainers` has it: runs in this process are compared with runs in others.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import numpy as np
import pytest

from tests import durations

gc.disable()  # Until all modules are imported.

_MODULE = pytest.StashKey[Path]()
_RESIDENT = pytest.StashKey[int]()  # Bytes after the last collection of everything.
_MUCH = 500 << 20  # Bytes.


def pytest_addoption(parser):
    parser.addoption(
        "--store_durations", action="store_true", help=f"write {durations.FILE.name} at the end"
    )


def pytest_configure(config):
    config.addinivalue_line("markers", "long: of a module that `make check` has no time for")
    if config.getoption("store_durations") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(durations.Recorder())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    seconds = durations.read()
    durations.mark_long(items, seconds)
    if hasattr(config, "workerinput"):
        durations.longest_first(items, seconds)


def pytest_collection_finish():
    """Keeps the garbage collector from TensorFlow's modules, which stay to the end anyway."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 20)  # A graph that is traced is hundreds of thousands of objects.


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Begins a module without the graphs of the one before.

    Graphs run as they were traced, except in slow tests: TensorFlow needs longer to improve a graph
    than a short test needs to run it. Processes that tests start improve theirs.
    """
    if item.path != item.session.stash.get(_MODULE, None):
        item.session.stash[_MODULE] = item.path
        before = item.session.stash.get(_RESIDENT, 0)
        item.session.stash[_RESIDENT] = _give_back_memory(before)
    if "tensorflow" in sys.modules:
        is_slow = item.get_closest_marker("slow") is not None
        options = {"disable_meta_optimizer": not is_slow}
        sys.modules["tensorflow"].config.optimizer.set_experimental_options(options)


def _give_back_memory(before: int) -> int:
    """Collects what is no longer used; what still is, is of the session and seldom looked at.

    To look at all of it takes a second, so that is done when much memory has come since.

    Args:
      before: Bytes after the last time that all was looked at.

    Returns:
      Bytes after the last time, now.
    """
    is_much = _resident() > before + _MUCH
    if is_much:
        gc.unfreeze()
    gc.collect()  # By itself it does not see how large graphs are.
    gc.freeze()
    with contextlib.suppress(AttributeError):  # Not of every C library.
        ctypes.CDLL(None).malloc_trim(0)
    return _resident() if is_much else before


def _resident() -> int:
    """Bytes of memory of this process; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


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


@pytest.fixture(scope="session")
def make_clip():
    """Makes a clip whose poses have few degrees of freedom; hands and root do not move."""
    from hps_tf.data.mocap.motion import MotionClip

    def make(name, split, num_frames=100, seed=0):
        directions = 0.1 * np.random.default_rng(0).normal(size=(5, 21, 3))
        rng = np.random.default_rng(seed)
        pose = np.zeros((num_frames, 24, 3), np.float32)
        pose[:, 1:22] = np.einsum("nk,kjc->njc", rng.normal(size=(num_frames, 5)), directions)
        return MotionClip(
            name=name,
            subject=name.partition("_")[0],
            split=split,
            fps=30.0,
            pose=pose,
            translation=np.zeros((num_frames, 3), np.float32),
            source=f"{name}.amc",
            time=np.arange(num_frames, dtype=np.float32) / 30.0,
        )

    return make


@pytest.fixture(scope="session")
def write_motion():
    """Writes clips as `tools.prepare_mocap` does."""
    from hps_tf.data.mocap import motion_records

    def write(directory, *clips):
        directory.mkdir()
        for split in {clip.split for clip in clips}:
            members = [clip for clip in clips if clip.split == split]
            motion_records.write_shards(directory, split, members)
        (directory / "manifest.json").write_text("{}")
        return directory

    return write


@pytest.fixture(scope="session")
def motion(make_clip, write_motion, tmp_path_factory):
    """A directory of prepared motion."""
    return write_motion(
        tmp_path_factory.mktemp("prepared") / "motion",
        make_clip("01_01", "train", num_frames=1500, seed=1),
        make_clip("02_01", "train", num_frames=300, seed=2),
        make_clip("03_01", "val", num_frames=200, seed=3),
        make_clip("04_01", "test", num_frames=50, seed=4),
    )
