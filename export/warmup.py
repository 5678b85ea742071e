"""Requests that TensorFlow Serving runs before it says that a model is ready.

The first call of a signature optimizes its graph, which takes seconds; warm-up requests take them
before anybody waits. They lie in ``assets.extra/tf_serving_warmup_requests`` as records of
`PredictionLog`, in the usual batch sizes.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import model_pb2, predict_pb2, prediction_log_pb2

from export.signature import Request
from hps_tf.errors import InputError

_PATH = Path("assets.extra") / "tf_serving_warmup_requests"

BATCH_SIZES = (1, 8, 32)

SLOW_BATCH_SIZES = (1, 8)
"""Of signatures that take a second, or a good part of it, an item."""


def write(directory: Path, name: str, requests: dict[str, Request], slow: Collection[str]) -> None:
    """Writes warm-up requests into the directory of a SavedModel.

    Args:
      directory: The SavedModel's.
      name: The model's.
      requests: A request of each signature; its first item is repeated.
      slow: The signatures that take their time.
    """
    path = directory / _PATH
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, request in requests.items():
            sizes = SLOW_BATCH_SIZES if signature in slow else BATCH_SIZES
            for size in sizes if _has_batch(request) else (None,):
                log = predict_pb2.PredictRequest(
                    model_spec=model_pb2.ModelSpec(name=name, signature_name=signature)
                )
                for key, array in request.items():
                    log.inputs[key].CopyFrom(_tensor(array, size))
                record = prediction_log_pb2.PredictionLog(
                    predict_log=prediction_log_pb2.PredictLog(request=log)
                )
                writer.write(record.SerializeToString())


def read(directory: Path) -> Iterator[tuple[str, Request]]:
    """Reads the signatures and inputs of warm-up requests.

    Raises:
      InputError: If there are none, or their file is damaged.
    """
    path = directory / _PATH
    if not path.is_file():
        raise InputError(f"{directory}: expected a model of export.savedmodel; there is no {_PATH}")
    try:
        for record in tf.data.TFRecordDataset(str(path)):
            log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
            request = log.predict_log.request
            inputs = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
            yield request.model_spec.signature_name, inputs
    except (tf.errors.OpError, ValueError, TypeError) as error:
        raise InputError(f"{path}: damaged: {str(error).splitlines()[0]}") from error


def _has_batch(request: Request) -> bool:
    return all(np.ndim(array) for array in request.values())


def _tensor(array: np.ndarray, size: int | None) -> tensor_pb2.TensorProto:
    """One item repeated; images are plain grey, which takes no room."""
    if size is None:
        return tf.make_tensor_proto(array)
    if array.ndim == 4:
        grey = np.asarray(array.dtype.type(128 if array.dtype == np.uint8 else 0.5))
        return tf.make_tensor_proto(grey, array.dtype, (size, *array.shape[1:]))
    return tf.make_tensor_proto(np.repeat(array[:1], size, axis=0))
