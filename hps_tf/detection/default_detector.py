"""The embedded weights of MoveNet.

``default_detector.npz`` is written by ``tools.build_default_detector`` from Google's networks;
NOTICE says whose they are. Each array is float16 and named ``MODEL/LAYER/VARIABLE``.
"""

from pathlib import Path

import keras
import numpy as np

from hps_tf.detection import movenet
from hps_tf.detection.detector import MAX_PEOPLE, Detector

PATH = Path(__file__).with_name("default_detector.npz")


def thunder() -> keras.Model:
    """Builds `movenet.thunder` with its weights; not trainable."""
    return _with_weights(movenet.thunder())


def multipose() -> keras.Model:
    """Builds `movenet.multipose` with its weights; not trainable."""
    return _with_weights(movenet.multipose())


def load_default(max_people: int = MAX_PEOPLE) -> Detector:
    """Loads the embedded detector.

        people = hps_tf.detection.load_default().find_people([pixels])

    Args:
      max_people: How many people of an image `find_people` keeps, the likeliest.

    Returns:
      The detector.
    """
    return Detector(multipose(), thunder(), max_people)


def _with_weights(model: keras.Model) -> keras.Model:
    with np.load(PATH, allow_pickle=False) as stored:
        for layer in model.layers:
            for variable in layer.weights:
                variable.assign(stored[f"{model.name}/{layer.name}/{variable.name}"])
    model.trainable = False
    return model
