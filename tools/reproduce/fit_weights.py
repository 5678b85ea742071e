"""The weights of fits about predictions, chosen by the error of validation people."""

import functools
from pathlib import Path

import numpy as np

from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.evaluation import errors_of, predict_split
from hps_tf.evaluation.refinement import Refinement
from tools.reproduce import network_study, weight_choice
from tools.reproduce.network_study import NetworkStudy

_NAMES = ("expected", "alignment")
_MAX_PEOPLE = 200


def of(study: NetworkStudy, network: Path) -> dict[str, float]:
    """Chooses weights for a network, or takes those that were chosen before.

    First the pull towards the predictions, of fits to keypoints, and then the weight of the part
    maps beside them.

    Args:
      study: The study; its labelled images have the validation people.
      network: The file of the network.

    Returns:
      Those of `hps_tf.fitting.Weights` by name; none for a network without a lifting module, whose
      fits are not about predictions.
    """
    predictor = network_study.load_predictor(network)
    if predictor.network.lifting is None:
        return {}
    dataset = ImageDataset(study.labelled, "val")
    checkpoints = study.checkpoints()
    name, basis = study.named("fit-weights"), network_study.basis_of(network, dataset)
    known = checkpoints.load_if_done(name, basis)
    if known is None:
        people = predict_split(
            predictor,
            dataset,
            max_examples=_MAX_PEOPLE,
            ground_truth_evidence=study.ground_truth_evidence,
        )
        refinement = Refinement(predictor)
        stride = predictor.network.options.map_stride

        def error_of(name: str, weight: float) -> float:
            refinement.weights = refinement.weights._replace(**{name: weight})
            fitted = refinement.images(people, with_parts=name == "alignment")
            errors = errors_of(fitted, predictor.decoder.body, map_stride=stride)
            return errors.means()["mpjpe_mm"]

        known = {}
        for each in _NAMES:
            best, _ = weight_choice.climb(functools.partial(error_of, each), 1.0)
            refinement.weights = refinement.weights._replace(**{each: best})
            known[each] = np.array(best)
        checkpoints.save(name, basis, known)
    return {each: float(known[each]) for each in _NAMES}
