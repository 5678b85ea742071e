"""The errors of a network's people, and of bodies fitted from its predictions.

The fits are those of `hps_tf.evaluation.refinement`, of stretches of video that `hps_tf.evaluation`
finds.
"""

from collections.abc import Mapping, Sequence

from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.evaluation import PredictedPeople, errors_of, predict_split
from hps_tf.evaluation.clips import clips
from hps_tf.evaluation.refinement import Refinement
from hps_tf.models import Predictor
from tools.reproduce.network_study import GROUPS, Errors, as_arrays, groups

NETWORK, KA, KA_BA = "network", "ka", "ka+ba"


def video(length: int) -> str:
    """The name of the row of windows with that many frames."""
    return f"video-{length}"


def rows(
    predictor: Predictor,
    dataset: ImageDataset,
    *,
    refine: Sequence[str] = (),
    windows: Sequence[int] = (),
    weights: Mapping[str, float] | None = None,
    ground_truth_evidence: bool = False,
) -> dict[str, Errors]:
    """Measures a network's people, and fits from them.

    Args:
      predictor: The network with its body.
      dataset: The images.
      refine: Fits of single images: `KA`, `KA_BA`.
      windows: Numbers of frames of the windows in which videos are fitted; left out if the images
        are no videos.
      weights: Of the fits, those of `hps_tf.fitting.Weights` that are not the usual ones.
      ground_truth_evidence: Whether keypoints and part maps are those of the labels.

    Returns:
      By row, `network_study.Errors` of the same people in the same order.
    """
    people = predict_split(predictor, dataset, ground_truth_evidence=ground_truth_evidence)
    measured = {NETWORK: _errors(predictor, people)}
    if not (refine or windows):
        return measured
    refinement = Refinement(predictor)
    if weights:
        refinement.weights = refinement.weights._replace(**weights)
    for name in refine:
        fitted = refinement.images(people, with_parts=name == KA_BA)
        measured[name] = _errors(predictor, fitted)
    stretches = clips(people.labels) if windows else []
    for length in windows if stretches else ():
        fitted = refinement.video(people, stretches, length)
        measured[video(length)] = _errors(predictor, fitted)
    return measured


def _errors(predictor: Predictor, people: PredictedPeople) -> Errors:
    stride = predictor.network.options.map_stride
    errors = errors_of(people, predictor.decoder.body, map_stride=stride)
    return as_arrays(errors) | {GROUPS: groups(people)}
