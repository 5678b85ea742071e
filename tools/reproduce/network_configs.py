"""The configs of the networks that the tables compare.

A network of seed S begins with the maps run: keypoints and body parts learnt from the 2D labels of
the labelled images, the pose module untouched. From it, all with as many steps:

* FS: the 3D labels of a share of the subjects, and the maps' losses of all labelled images;
* FS+WS: the same for the first half, then L_total with L_ws (section 2.3 of the paper) on labelled
  and weak images together. Without any 3D labels it is L_ws throughout.

So FS+WS never has more steps than what it is compared with. For the first half, all give the pose
module of half the images their labelled keypoints and parts as evidence, and none for the second.
"""

from pathlib import Path

from ml_collections import ConfigDict

from trainers.configs import base

BATCH_SIZE = 16

_LEARNING_RATES = {"tiny": 5e-3}
_MAX_VALIDATION = 96
_NUM_VALIDATIONS = 4

_MAPS = {"heatmaps": 1.0, "part_maps": 2.0}
_LABEL_EVIDENCE = 0.5

KA = "ka"
KA_BA = "kaba"


def maps(preset: str, labelled: Path, steps: int, seed: int) -> ConfigDict:
    """Learns keypoints and body parts alone.

    Args:
      preset: Size of the network.
      labelled: Directory of the labelled images.
      steps: Number of steps.
      seed: Of initial weights and batches.
    """
    config = _network(preset, steps, seed)
    config.network.trained = "backbone,keypoints,parts"
    config.data = {"labelled": _source(labelled)}
    config.phases = {"supervised": _phase(1.0, {"labelled": 1.0}, ConfigDict(_MAPS), 0.0)}
    return config


def fully_supervised(
    preset: str, labelled: Path, steps: int, seed: int, *, start: Path, supervised: float
) -> ConfigDict:
    """FS: trains with the 3D labels of a share of the subjects.

    Args:
      preset: Size of the network.
      labelled: Directory of the labelled images.
      steps: Number of steps.
      seed: Of the batches.
      start: The network to begin with.
      supervised: The share.
    """
    config = _network(preset, steps, seed)
    config.network.start_from = str(start)
    config.data = {"labelled": _source(labelled, supervised=supervised)}
    config.curriculum = "supervised,own_evidence"
    config.phases = {
        "supervised": _supervised_phase(0.5, _LABEL_EVIDENCE),
        "own_evidence": _supervised_phase(0.5, 0.0),
    }
    return config


def weakly_supervised(
    preset: str,
    labelled: Path,
    weak: Path,
    steps: int,
    seed: int,
    *,
    start: Path,
    supervised: float,
) -> ConfigDict:
    """FS+WS: full supervision, then weak supervision beside it.

    Args:
      preset: Size of the network.
      labelled: Directory of the labelled images.
      weak: Directory of the weak images.
      steps: Number of steps of both phases.
      seed: Of the batches.
      start: The network to begin with.
      supervised: Share of the subjects with 3D labels; 0: weak supervision alone.
    """
    config = _network(preset, steps, seed)
    config.network.start_from = str(start)
    config.data = {
        "labelled": _source(labelled, supervised=supervised),
        "weak": _source(weak, labels="2d"),
    }
    half_each = {"labelled": 0.5, "weak": 0.5}
    weights = base.weights(supervised=supervised > 0)
    first = (
        _supervised_phase(0.5, _LABEL_EVIDENCE)
        if supervised > 0
        else _phase(0.5, half_each, weights, _LABEL_EVIDENCE)
    )
    config.curriculum = "first,weak"
    config.phases = {"first": first, "weak": _phase(0.5, half_each, weights, 0.0)}
    return config


def adapted(
    preset: str,
    labelled: Path,
    weak: Path,
    steps: int,
    seed: int,
    *,
    start: Path,
    losses: str,
    with_labelled: bool,
    num_points: int,
) -> ConfigDict:
    """Adapts a network to the weak images, which it is measured on as it learns.

    Args:
      preset: Size of the network.
      labelled: Directory of the labelled images.
      weak: Directory of the weak images.
      steps: Number of steps.
      seed: Of the batches.
      start: The network to begin with.
      losses: ``"ka"``, keypoint alignment alone, or ``"kaba"``, with body-part alignment.
      with_labelled: Whether half of each batch are labelled images, with their 3D labels.
      num_points: How often it is measured, beside at the start.
    """
    config = _network(preset, steps, seed)
    config.measured = "weak"
    config.validate_every = config.checkpoint_every = max(1, steps // num_points)
    config.network.start_from = str(start)
    shares = {"labelled": 0.5, "weak": 0.5} if with_labelled else {"weak": 1.0}
    config.data = {"labelled": _source(labelled), "weak": _source(weak, labels="2d")}
    weights = base.weights(supervised=with_labelled)
    if losses == KA:
        weights.part_alignment = 0.0
    config.curriculum = "weak"
    config.phases = {"weak": _phase(1.0, shares, weights, 0.0)}
    return config


def _network(preset: str, steps: int, seed: int) -> ConfigDict:
    config = base.network(preset)
    config.task = "bare_network"
    config.seed = seed
    config.steps = steps
    config.batch_size = BATCH_SIZE
    config.log_every = max(1, steps // 10)
    config.validate_every = config.checkpoint_every = max(1, steps // _NUM_VALIDATIONS)
    config.patience = 0  # All take the same number of steps.
    config.optimizer.learning_rate = _LEARNING_RATES.get(preset, 1e-3)
    config.optimizer.warmup_steps = min(50, steps // 10)
    config.optimizer.average_decay = 0.99
    return config


def _source(path: Path, *, labels: str = "all", supervised: float = 1.0) -> ConfigDict:
    source = base.source()
    source.path = str(path)
    source.max_validation = _MAX_VALIDATION
    source.labels = labels
    source.supervised = supervised
    return source


def _supervised_phase(share_of_steps: float, label_evidence: float) -> ConfigDict:
    labels = base.weights(supervised=True)
    weights = _MAPS | {name: labels[name] for name in ("vertices", "pose", "shape")}
    return _phase(share_of_steps, {"labelled": 1.0}, ConfigDict(weights), label_evidence)


def _phase(
    share_of_steps: float,
    data: dict[str, float],
    weights: ConfigDict,
    label_evidence: float,
) -> ConfigDict:
    return ConfigDict(
        {
            "share_of_steps": share_of_steps,
            "label_evidence": label_evidence,
            "data": data,
            "weights": weights,
        }
    )
