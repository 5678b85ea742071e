"""How a program imports TensorFlow: without its messages, and with a place for compiled programs.

What XLA has compiled is kept in the user's cache directory, so that a second run does not compile
again: ``$HPS_TF_CACHE``, else ``$XDG_CACHE_HOME/hps_tf``, else ``~/.cache/hps_tf``. There is one
directory for each version of TensorFlow and kind of processor, as programs suit no other.
"""

import contextlib
import gc
import hashlib
import importlib
import os
import platform
import sys
import tempfile
from importlib import metadata
from pathlib import Path

_STDERR = 2
_NOT_NEEDED = ("sklearn", "matplotlib")
_XLA_FLAGS = "TF_XLA_FLAGS"
_CACHE_FLAG = "--tf_xla_persistent_cache_directory"


def import_tensorflow() -> None:
    """Imports TensorFlow; what the user has set in the environment stays.

    It writes to stderr while it starts, whatever the settings say: that is shown only if it fails.
    Keras' wrappers for scikit-learn and its pictures are left out, which takes a third of the time
    away, and so does the garbage collector, which finds nothing meanwhile.
    """
    _prepare()
    sys.stderr.flush()
    terminal = os.dup(_STDERR)
    absent = [name for name in _NOT_NEEDED if name not in sys.modules]
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), _STDERR)
        gc.disable()
        try:
            for name in absent:
                sys.modules[name] = None  # type: ignore[assignment]  # Importing it fails.
            importlib.import_module("tensorflow")
        except BaseException:
            written.seek(0)
            os.write(terminal, written.read())
            raise
        finally:
            for name in absent:
                del sys.modules[name]
            gc.enable()
            gc.freeze()  # What was imported stays; later collections need not look at it.
            os.dup2(terminal, _STDERR)
            os.close(terminal)


def start_quickly() -> None:
    """Leaves TensorFlow's graphs as they are, for a run so short that improving them costs more."""
    tensorflow = importlib.import_module("tensorflow")
    tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def _prepare() -> None:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = os.environ.get("TF_CPP_MIN_LOG_LEVEL") or "3"
    flags = os.environ.get(_XLA_FLAGS, "")
    if _CACHE_FLAG not in flags:
        with contextlib.suppress(OSError, RuntimeError):  # A home that is missing or read-only.
            directory = cache_directory() / "xla" / _kind_of_machine()
            directory.mkdir(parents=True, exist_ok=True)
            os.environ[_XLA_FLAGS] = f"{flags} {_CACHE_FLAG}={directory}".strip()


def cache_directory() -> Path:
    """Where the user's programs keep what they can make again."""
    given = os.environ.get("HPS_TF_CACHE")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "hps_tf"


def _kind_of_machine() -> str:
    kind = platform.machine() + platform.processor()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        kind += next((line for line in lines if line.startswith(("flags", "Features"))), "")
    digest = hashlib.sha256(kind.encode()).hexdigest()[:8]
    return f"tensorflow-{metadata.version('tensorflow')}-{digest}"
