"""The reconstructor of the networks that come with the package."""

import os
from pathlib import Path

from hps_tf import body, detection, models
from hps_tf.fitting.refiner import Refiner
from hps_tf.models import Lifter, lifting_file
from hps_tf.reconstruction.reconstructor import Reconstructor

DEFAULT_LIFTING = Path(models.__file__).with_name("default_lifting.npz")

_NUM_VERTICES = 3000


def load(lifting: str | os.PathLike[str] = DEFAULT_LIFTING) -> Reconstructor:
    """Loads what makes bodies of photographs; nothing is downloaded.

    Args:
      lifting: The file of a lifting network of your own.

    Returns:
      The reconstructor.

    Raises:
      InputError: If the file is damaged.
    """
    person = body.load_default(_NUM_VERTICES)
    lifter = Lifter(lifting_file.read(lifting), person)
    return Reconstructor(detection.load_default(), lifter, Refiner(person), person)
