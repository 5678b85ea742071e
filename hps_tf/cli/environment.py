"""How programs import TensorFlow: without its messages, and with a place for compiled programs.

Only entry points call it: a library that is imported leaves the environment as it is.

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
_STARTED = "HPS_TF_PROGRAM"
_CACHE_FLAG = "--tf_xla_persistent_cache_directory"


def of_module_programs() -> None:
    """Prepares a process that was started with ``python -m`` for TensorFlow.

    For the first line of a package of programs. While Python imports the package of the module that
    it is to run, the first argument is ``-m``: the program imports TensorFlow itself, by
    `import_quietly`, when it has read its arguments. Processes started by such a program import it
    here, without its messages.
    """
    if sys.argv[:1] == ["-m"]:
        os.environ[_STARTED] = str(os.getpid())
        _set_variables()
    elif os.environ.get(_STARTED, str(os.getpid())) != str(os.getpid()):
        _set_variables()
        import_quietly()


def import_tensorflow() -> None:
    """Imports TensorFlow for a subcommand of `hps`; what the user has set in the environment stays.

    Compiled programs are kept in the user's cache directory.
    """
    _set_variables()
    keep_compiled_programs()
    import_quietly()


def import_quietly() -> None:
    """Imports TensorFlow without its messages, for a program that has read its arguments.

    It writes to stderr while it starts, regardless of settings: that is shown only if it fails.
    Keras' wrappers for scikit-learn and its pictures are left out, which saves a third of the time,
    and so does pausing the garbage collector, which finds nothing meanwhile.
    """
    if "tensorflow" in sys.modules:
        return
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


def _set_variables() -> None:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = os.environ.get("TF_CPP_MIN_LOG_LEVEL") or "3"
    # Convolutions of oneDNN train a network 1.5 to 2 times as fast; on processors without AVX-512
    # TensorFlow uses its own unless this is set. A network is measured as it is trained.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def keep_compiled_programs() -> None:
    """Lets processes started from now on, and TensorFlow once it is imported, use the cache."""
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
