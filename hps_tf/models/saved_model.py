"""The network with its body as a SavedModel: images in, people out, without this package.

The signature `serving_default`, also called `predict`, takes `images` and `intrinsics`, in batches
of any size. `export.image_signatures` has shapes, units and frames of its inputs and outputs.
"""

import os

import tensorflow as tf

from hps_tf.geometry import axis_angle
from hps_tf.models.prediction import Prediction
from hps_tf.models.predictor import ImagePrediction, Predictor


def write(predictor: Predictor, directory: str | os.PathLike[str]) -> None:
    """Writes the SavedModel; no operation in it needs XLA or Python.

    Args:
      predictor: The network and the body.
      directory: Exists and is empty.
    """
    predict = signature(predictor)
    module = tf.Module()
    models = (predictor.network, *predictor.network.frozen)
    module.weights = [weight.value for model in models for weight in model.weights]
    module.predict = predict
    signatures = {"serving_default": predict, "predict": predict}
    tf.saved_model.save(module, str(directory), signatures=signatures)


def signature(predictor: Predictor) -> tf.types.experimental.PolymorphicFunction:
    """Makes the signature of a predictor, of any batch size; see the module."""
    size = predictor.network.options.image_size

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, size, size, 3], tf.float32, "images"),
            tf.TensorSpec([None, 3, 3], tf.float32, "intrinsics"),
        ],
        autograph=False,
    )
    def predict(images: tf.Tensor, intrinsics: tf.Tensor) -> dict[str, tf.Tensor]:
        return answer(predictor.predict(images, intrinsics))

    return predict


def answer(found: ImagePrediction) -> dict[str, tf.Tensor]:
    """Names a predictor's outputs as the signature does."""
    detected = found.detected
    return bodies(found.people) | {
        "keypoints_2d": detected.keypoints_2d,
        "confidence": detected.confidence,
        "part_labels": tf.cast(tf.argmax(found.part_maps, axis=-1), tf.uint8),
    }


def bodies(people: Prediction) -> dict[str, tf.Tensor]:
    """Names the outputs that are people's bodies."""
    return {
        "pose": axis_angle.from_matrix(people.rotation_matrices),
        "shape": people.shape,
        "translation": people.translation,
        "joints": people.joints,
        "vertices": people.vertices,
    }
