"""Asks a SavedModel from a C program, in whose process there is no Python.

The program, ``c_program.c``, is built against the C library and headers that TensorFlow's package
has, with the machine's C compiler, and does what TensorFlow Serving does to load a model.
"""

import contextlib
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from export.signature import Request

_SOURCE = Path(__file__).with_suffix(".c")
_REASON = "c_program: "
_LIBRARIES = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")


def compiler() -> str | None:
    """Where the C compiler is, if there is one."""
    return shutil.which("cc")


@contextlib.contextmanager
def load(directory: Path) -> Iterator[Callable[[str, Request], Request]]:
    """Builds the program and has it load a model.

    Args:
      directory: The SavedModel.

    Yields:
      A function from a signature and its inputs to its outputs.

    Raises:
      KeyError: If there is no such signature or input.
      OSError: If there is no compiler, or the program ends with an error.
    """
    content = (directory / "saved_model.pb").read_bytes()
    (graph,) = saved_model_pb2.SavedModel.FromString(content).meta_graphs
    with tempfile.TemporaryDirectory() as scratch, (Path(scratch) / "errors").open("w+") as errors:
        program = Path(scratch) / "c_program"
        _build(program)
        with subprocess.Popen(
            [str(program), str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        ) as process:
            requests, answers = process.stdin, process.stdout
            if requests is None or answers is None:
                raise AssertionError("pipes were asked for")

            def ask(signature: str, inputs: Request) -> Request:
                definition = dict(graph.signature_def)[signature]
                try:
                    _write_call(requests, definition, inputs)
                    return {name: _read_tensor(answers) for name in definition.outputs}
                except (BrokenPipeError, struct.error):
                    process.wait()
                    errors.seek(0)
                    raise OSError(" ".join(errors.read().rpartition(_REASON)[2].split())) from None

            try:
                with contextlib.suppress(struct.error):
                    _read_int(answers)
                yield ask
            finally:
                with contextlib.suppress(BrokenPipeError):
                    requests.close()
                process.kill()


def _build(program: Path) -> None:
    found = compiler()
    if found is None:
        raise OSError("no C compiler (cc) is installed")
    libraries = tf.sysconfig.get_lib()
    command = [
        *(found, "-O1", "-o", str(program), str(_SOURCE), f"-I{tf.sysconfig.get_include()}"),
        *(f"{libraries}/{name}" for name in _LIBRARIES),
        f"-Wl,-rpath,{libraries}",
    ]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode:
        raise OSError(f"{_SOURCE.name} cannot be built: {built.stderr.strip()[-500:]}")


def _write_call(file: IO[bytes], definition: Any, inputs: Request) -> None:
    _write_int(file, len(inputs))
    for name, array in inputs.items():
        _write_output(file, definition.inputs[name].name)
        _write_tensor(file, np.asarray(array))
    _write_int(file, len(definition.outputs))
    for info in definition.outputs.values():
        _write_output(file, info.name)
    file.flush()


def _write_output(file: IO[bytes], tensor_name: str) -> None:
    operation, _, index = tensor_name.partition(":")
    _write_text(file, operation.encode())
    _write_int(file, int(index))


def _write_tensor(file: IO[bytes], array: np.ndarray) -> None:
    is_text = array.dtype.kind in "SO"
    dtype = tf.string if is_text else tf.as_dtype(array.dtype)
    for number in (dtype.as_datatype_enum, array.ndim, *array.shape):
        _write_int(file, number)
    for text in array.ravel().tolist() if is_text else [array.tobytes()]:
        _write_text(file, text)


def _write_text(file: IO[bytes], text: bytes) -> None:
    _write_int(file, len(text))
    file.write(text)


def _write_int(file: IO[bytes], number: int) -> None:
    file.write(struct.pack("=q", number))


def _read_tensor(file: IO[bytes]) -> np.ndarray:
    dtype = tf.as_dtype(_read_int(file)).as_numpy_dtype
    shape = [_read_int(file) for _ in range(_read_int(file))]
    return np.frombuffer(file.read(_read_int(file)), dtype).reshape(shape)


def _read_int(file: IO[bytes]) -> int:
    return struct.unpack("=q", file.read(8))[0]
