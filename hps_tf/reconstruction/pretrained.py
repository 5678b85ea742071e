"""The reconstructor of the networks that come with the package."""

import os

from hps_tf import body, detection, models
from hps_tf.detection import PeopleDetector
from hps_tf.fitting.refiner import Refiner
from hps_tf.models import Lifter
from hps_tf.reconstruction.reconstructor import Reconstructor

DEFAULT_NETWORK = "photo"


def load(
    network: str | os.PathLike[str] = DEFAULT_NETWORK, *, detector: PeopleDetector | None = None
) -> Reconstructor:
    """Loads the reconstructor of bodies from photographs; nothing is downloaded.

        people = hps_tf.reconstruction.load()(["photograph.jpg"])

    Args:
      network: The name of a pretrained network with a lifting module, or the file of one of your
        own: a training run's ``lifting.npz`` or ``network.npz``.
      detector: The detector of people; by default the embedded one.

    Returns:
      The reconstructor.

    Raises:
      InputError: If there is no such network, its file is damaged, or it has no lifting module.
    """
    person = body.load_small()
    lifter = Lifter(models.load_lifting(network), person)
    detector = detection.load_default() if detector is None else detector
    return Reconstructor(detector, lifter, Refiner(person), person)
