"""TensorFlow's C API, as far as it takes to serve a SavedModel.

`TF_LoadSessionFromSavedModel` is the loader that TensorFlow Serving uses: the graph is read and run
without Python's part of TensorFlow.
"""

import contextlib
import ctypes
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2, meta_graph_pb2

_LIBRARY = "libtensorflow_cc.so.2"

_POINTER, _TEXT, _INT = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
_INT64, _SIZE = ctypes.c_int64, ctypes.c_size_t

# A TF_TString is three words.
_STRING_BYTES = 24


class _Buffer(ctypes.Structure):
    _fields_ = (("data", _POINTER), ("length", _SIZE), ("data_deallocator", _POINTER))


class _Output(ctypes.Structure):
    _fields_ = (("operation", _POINTER), ("index", _INT))


_OUTPUTS, _POINTERS = ctypes.POINTER(_Output), ctypes.POINTER(_POINTER)

# Result and arguments of each function used.
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "TF_NewStatus": (_POINTER, []),
    "TF_GetCode": (_INT, [_POINTER]),
    "TF_Message": (_TEXT, [_POINTER]),
    "TF_DeleteStatus": (None, [_POINTER]),
    "TF_NewBuffer": (ctypes.POINTER(_Buffer), []),
    "TF_DeleteBuffer": (None, [ctypes.POINTER(_Buffer)]),
    "TF_NewGraph": (_POINTER, []),
    "TF_DeleteGraph": (None, [_POINTER]),
    "TF_GraphOperationByName": (_POINTER, [_POINTER, _TEXT]),
    "TF_NewSessionOptions": (_POINTER, []),
    "TF_DeleteSessionOptions": (None, [_POINTER]),
    "TF_SetConfig": (None, [_POINTER, _TEXT, _SIZE, _POINTER]),
    "TF_LoadSessionFromSavedModel": (
        _POINTER,
        [
            *(_POINTER, _POINTER, _TEXT, ctypes.POINTER(_TEXT), _INT),
            *(_POINTER, ctypes.POINTER(_Buffer), _POINTER),
        ],
    ),
    "TF_SessionRun": (
        None,
        [
            *(_POINTER, _POINTER),
            *(_OUTPUTS, _POINTERS, _INT),
            *(_OUTPUTS, _POINTERS, _INT),
            *(_POINTERS, _INT, _POINTER, _POINTER),
        ],
    ),
    "TF_CloseSession": (None, [_POINTER, _POINTER]),
    "TF_DeleteSession": (None, [_POINTER, _POINTER]),
    "TF_AllocateTensor": (_POINTER, [_INT, ctypes.POINTER(_INT64), _INT, _SIZE]),
    "TF_DeleteTensor": (None, [_POINTER]),
    "TF_TensorType": (_INT, [_POINTER]),
    "TF_NumDims": (_INT, [_POINTER]),
    "TF_Dim": (_INT64, [_POINTER, _INT]),
    "TF_TensorData": (_POINTER, [_POINTER]),
    "TF_TensorByteSize": (_SIZE, [_POINTER]),
    "TF_StringInit": (None, [_POINTER]),
    "TF_StringCopy": (None, [_POINTER, _TEXT, _SIZE]),
    "TF_StringDealloc": (None, [_POINTER]),
}


class RefusedError(OSError):
    """TensorFlow refuses a model or a request.

    Attributes:
      code: Why, as a number of `tensorflow.errors`; those of gRPC are the same.
    """

    def __init__(self, code: int, message: str):
        super().__init__(message)
        self.code = code


class Session:
    """A SavedModel being served. Made by `load`.

    Attributes:
      signatures: The model's SignatureDefs by name.
    """

    def __init__(self, handle: int, graph: int, signatures: Any):
        self._handle = handle
        self._graph = graph
        self.signatures = signatures

    def run(self, signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Asks a signature.

        Raises:
          KeyError: If there is no such signature or input.
          RefusedError: If TensorFlow refuses the request.
        """
        definition = self.signatures[signature]
        names = list(definition.outputs)
        feeds = [self._output(definition.inputs[name].name) for name in inputs]
        fetches = [self._output(definition.outputs[name].name) for name in names]
        fed = [_to_tensor(array) for array in inputs.values()]
        fetched = (_POINTER * len(fetches))()
        try:
            with _checked_status() as status:
                _library().TF_SessionRun(
                    *(self._handle, None),
                    *((_Output * len(feeds))(*feeds), (_POINTER * len(fed))(*fed), len(fed)),
                    *((_Output * len(fetches))(*fetches), fetched, len(fetches)),
                    *(None, 0, None, status),
                )
            return {name: _to_array(tensor) for name, tensor in zip(names, fetched, strict=True)}
        finally:
            for tensor in (*fed, *filter(None, fetched)):
                _delete(tensor)

    def _output(self, tensor_name: str) -> _Output:
        operation, _, index = tensor_name.partition(":")
        found = _library().TF_GraphOperationByName(self._graph, operation.encode())
        return _Output(found, int(index))


@contextlib.contextmanager
def load(directory: Path, config: config_pb2.ConfigProto | None = None) -> Iterator[Session]:
    """Loads a SavedModel and frees it afterwards.

    Args:
      directory: The SavedModel.
      config: Of the session; TensorFlow's own by default.

    Raises:
      RefusedError: If it can't be loaded.
    """
    library = _library()
    graph, options, buffer = (
        library.TF_NewGraph(),
        library.TF_NewSessionOptions(),
        library.TF_NewBuffer(),
    )
    session = None
    try:
        if config is not None:
            content = config.SerializeToString()
            with _checked_status() as status:
                library.TF_SetConfig(options, content, len(content), status)
        with _checked_status() as status:
            session = library.TF_LoadSessionFromSavedModel(
                *(options, None, str(directory).encode(), (_TEXT * 1)(b"serve"), 1),
                *(graph, buffer, status),
            )
        content = ctypes.string_at(buffer.contents.data, buffer.contents.length)
        meta_graph = meta_graph_pb2.MetaGraphDef.FromString(content)
        yield Session(session, graph, dict(meta_graph.signature_def))
    finally:
        if session:
            with _checked_status() as status:
                library.TF_CloseSession(session, status)
                library.TF_DeleteSession(session, status)
        library.TF_DeleteBuffer(buffer)
        library.TF_DeleteSessionOptions(options)
        library.TF_DeleteGraph(graph)


@functools.cache
def _library() -> Any:
    library = ctypes.CDLL(str(Path(tf.sysconfig.get_lib()) / _LIBRARY))
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


@contextlib.contextmanager
def _checked_status() -> Iterator[int]:
    """Yields a status to pass to a call; raises `RefusedError` if the call failed."""
    status = _library().TF_NewStatus()
    try:
        yield status
        code = _library().TF_GetCode(status)
        if code:
            raise RefusedError(code, _library().TF_Message(status).decode(errors="replace"))
    finally:
        _library().TF_DeleteStatus(status)


def _to_tensor(array: np.ndarray) -> int:
    # Not ascontiguousarray: that makes a vector of a scalar.
    array = np.asarray(array, order="C")
    is_text = array.dtype.kind in "SO"
    dtype = tf.string if is_text else tf.as_dtype(array.dtype)
    num_bytes = _STRING_BYTES * array.size if is_text else array.nbytes
    tensor = _library().TF_AllocateTensor(
        dtype.as_datatype_enum, (_INT64 * array.ndim)(*array.shape), array.ndim, num_bytes
    )
    if is_text:
        for place, text in zip(_strings(tensor), array.ravel().tolist(), strict=True):
            _library().TF_StringInit(place)
            _library().TF_StringCopy(place, text, len(text))
    else:
        ctypes.memmove(_library().TF_TensorData(tensor), array.ctypes.data, num_bytes)
    return tensor


def _delete(tensor: int) -> None:
    if _library().TF_TensorType(tensor) == tf.string.as_datatype_enum:
        for place in _strings(tensor):
            _library().TF_StringDealloc(place)
    _library().TF_DeleteTensor(tensor)


def _strings(tensor: int) -> list[int]:
    """The places of a tensor's strings."""
    data = _library().TF_TensorData(tensor)
    count = _library().TF_TensorByteSize(tensor) // _STRING_BYTES
    return [data + _STRING_BYTES * index for index in range(count)]


def _to_array(tensor: int) -> np.ndarray:
    """Copies numbers; no signature gives strings."""
    library = _library()
    dtype = tf.as_dtype(library.TF_TensorType(tensor)).as_numpy_dtype
    shape = [library.TF_Dim(tensor, axis) for axis in range(library.TF_NumDims(tensor))]
    content = ctypes.string_at(library.TF_TensorData(tensor), library.TF_TensorByteSize(tensor))
    return np.frombuffer(content, dtype).reshape(shape)
