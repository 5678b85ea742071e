"""Accuracy and size of the smaller forms of a network: the work of `export.variants`."""

import argparse
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from export import tflite_file
from export.served_weights import ServedWeights
from hps_tf import models
from hps_tf.body import load_small
from hps_tf.cli import options, source
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.evaluation.predicted_people import batches
from hps_tf.metrics.joint_error import mpjpe
from hps_tf.models import Predictor

_BATCH = 16

Joints = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From images and intrinsics to `(B, 24, 3)` joints."""


def run(arguments: argparse.Namespace) -> None:
    """Measures what the arguments of `export.variants` say, prints and writes it.

    Raises:
      InputError: If the network or the images cannot be used.
    """
    network = models.load(source.find(arguments, "network").file)
    predictor = Predictor(network, load_small())
    dataset = ImageDataset(arguments.data, arguments.split)
    found = measure(predictor, dataset, arguments.max_images)
    for name, figures in found["variants"].items():
        print(name, ", ".join(f"{key} {value}" for key, value in figures.items()), sep=": ")
    options.write_json(arguments, found)


def measure(predictor: Predictor, dataset: ImageDataset, max_images: int) -> dict:
    """Measures all forms of a network.

    Args:
      predictor: The network with its body.
      dataset: Images; those with a labelled pose count for MPJPE.
      max_images: Upper limit; the images are picked evenly.

    Returns:
      ``{"num_images": int, "variants": {name: figures}}``; of a form that TensorFlow Lite cannot
      have, the operators it lacks.
    """
    count = min(max_images, len(dataset))
    numbers = np.arange(count) * len(dataset) // count
    read = list(batches(dataset, predictor, numbers, _BATCH))
    true = np.concatenate([_true_joints(predictor, batch) for batch in read])
    is_labelled = np.concatenate([batch["has_pose"].numpy() > 0 for batch in read])
    variants: dict[str, dict] = {}
    exact = None
    for form in _forms(predictor):
        joints_of = form.joints
        if joints_of is None:
            variants[form.name] = {"missing_operators": form.missing_operators}
            continue
        joints_of(*_inputs(read[0]))
        start = time.perf_counter()
        joints = np.concatenate([joints_of(*_inputs(batch)) for batch in read])
        seconds = time.perf_counter() - start
        exact = joints if exact is None else exact
        centred = joints - joints[:, :1]
        shifts = np.linalg.norm(centred - (exact - exact[:, :1]), axis=-1)
        errors = mpjpe(joints, true).numpy()[is_labelled]
        variants[form.name] = {
            "megabytes": round(form.size / 1e6, 3),
            "mpjpe_mm": float(1e3 * errors.mean()) if len(errors) else None,
            "mean_shift_mm": float(1e3 * shifts.mean()),
            "max_shift_mm": float(1e3 * shifts.max()),
            "ms_per_image": 1e3 * seconds / count,
        }
    return {"num_images": count, "variants": variants}


class _Form(NamedTuple):
    """A form of a network: its size in bytes and function, or what it lacks."""

    name: str
    size: int
    joints: Joints | None
    missing_operators: str = ""


def _forms(predictor: Predictor) -> Iterator[_Form]:
    network = predictor.network
    for name, dtype in (("float32", tf.float32), ("float16 weights", tf.float16)):
        weights = ServedWeights([network, *network.frozen], dtype)
        size = sum(variable.dtype.size * variable.shape.num_elements() for variable in weights.kept)
        yield _Form(name, size, _with_weights(predictor, weights))
    for name, halved in (("TFLite", False), ("TFLite, float16 weights", True)):
        try:
            content = tflite_file.convert(predictor, float16=halved)
        except tflite_file.NoCounterpartError as error:
            yield _Form(name, 0, None, str(error))
        else:
            yield _Form(name, len(content), _interpreted(content))


def _with_weights(predictor: Predictor, weights: ServedWeights) -> Joints:
    @tf.function(autograph=False, reduce_retracing=True)
    def joints(images: tf.Tensor, intrinsics: tf.Tensor) -> tf.Tensor:
        with weights.in_use():
            return predictor.predict(images, intrinsics).people.joints

    return lambda *inputs: joints(*map(tf.constant, inputs)).numpy()


def _interpreted(content: bytes) -> Joints:
    interpreter = tf.lite.Interpreter(model_content=content)
    signature = interpreter.get_signature_runner(tflite_file.SIGNATURE)
    return lambda images, intrinsics: signature(images=images, intrinsics=intrinsics)["joints"]


def _inputs(batch: dict[str, tf.Tensor]) -> tuple[np.ndarray, np.ndarray]:
    return batch["image"].numpy(), batch["intrinsics"].numpy()


def _true_joints(predictor: Predictor, batch: dict[str, tf.Tensor]) -> np.ndarray:
    labels = {name: batch[name] for name in ("pose", "shape", "translation")}
    return predictor.decoder.body.joints(**labels).numpy()
