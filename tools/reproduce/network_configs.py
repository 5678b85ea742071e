"""The configs of the networks that the tables compare.

A network of seed S begins with the maps run: keypoints and body parts learnt from the 2D labels of
the labelled images, the pose module untouched. From it the base run learns the 3D labels of a share
of the subjects too, and from that one, half as long, go on

* FS: in the same way;
* FS+WS: with as many labelled images a step and weak images beside them, by L_total with L_ws
  (section 2.3 of the paper).

So the two differ in nothing but the weak images and L_ws. Without any 3D labels the base run is the
maps run, and FS+WS learns by L_ws alone for as many steps as the others do in all.

At first the pose module of half the images is given their labelled keypoints and parts as evidence.
"""

from pathlib import Path

from ml_collections import ConfigDict

from trainers.configs import base

BATCH_SIZE = 16
"""Labelled images of a step; also all images of a step of `adapted`."""

WEAK_BATCH_SIZE = 8
"""Weak images that FS+WS sees beside them."""

_LEARNING_RATES = {"tiny": 5e-3, "small": 2e-3}
_FINE_TUNING = 0.4  # Of the learning rate, for networks that have learnt poses.
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


def base_run(
    preset: str, labelled: Path, steps: int, seed: int, *, start: Path, supervised: float
) -> ConfigDict:
    """Learns the 3D labels of a share of the subjects.

    Args:
      preset: Size of the network.
      labelled: Directory of the labelled images.
      steps: Number of steps.
      seed: Of the batches.
      start: The maps run's network.
      supervised: The share, above 0.
    """
    config = _begun_from(preset, steps, seed, start)
    config.data = {"labelled": _source(labelled, supervised=supervised)}
    config.curriculum = "label_evidence,own_evidence"
    config.phases = {
        "label_evidence": _supervised_phase(0.5, _LABEL_EVIDENCE),
        "own_evidence": _supervised_phase(0.5, 0.0),
    }
    return config


def fully_supervised(
    preset: str, labelled: Path, steps: int, seed: int, *, start: Path, supervised: float
) -> ConfigDict:
    """FS: goes on as before.

    Args:
      preset: Size of the network.
      labelled: Directory of the labelled images.
      steps: Number of steps.
      seed: Of the batches.
      start: The base run's network.
      supervised: The share of the subjects with 3D labels, above 0.
    """
    config = _fine_tuning(preset, steps, seed, start)
    config.data = {"labelled": _source(labelled, supervised=supervised)}
    config.phases = {"supervised": _supervised_phase(1.0, 0.0)}
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
    """FS+WS: goes on with weak supervision; without 3D labels, begins with it.

    Args:
      preset: Size of the network.
      labelled: Directory of the labelled images.
      weak: Directory of the weak images.
      steps: Number of steps.
      seed: Of the batches.
      start: The base run's network; the maps run's without 3D labels.
      supervised: Share of the subjects with 3D labels; 0: weak supervision alone.
    """
    weights = base.weights(supervised=supervised > 0)
    shares = {"labelled": float(BATCH_SIZE), "weak": float(WEAK_BATCH_SIZE)}
    config = (_fine_tuning if supervised else _begun_from)(preset, steps, seed, start)
    config.batch_size = BATCH_SIZE + WEAK_BATCH_SIZE
    config.data = {
        "labelled": _source(labelled, supervised=supervised),
        "weak": _source(weak, labels="2d"),
    }
    config.curriculum = "weak"
    config.phases = {"weak": _phase(1.0, shares, weights, 0.0)}
    if not supervised:
        config.curriculum = "label_evidence,weak"
        config.phases.weak.share_of_steps = 0.5
        config.phases.label_evidence = _phase(0.5, shares, weights, _LABEL_EVIDENCE)
    return config


def adapted(
    preset: str,
    labelled: Path,
    weak: Path,
    steps: int,
    seed: int,
    *,
    start: Path,
    from_supervised: bool,
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
      from_supervised: Whether 3D labels have trained that one.
      losses: ``"ka"``, keypoint alignment alone, or ``"kaba"``, with body-part alignment.
      with_labelled: Whether half of each batch are labelled images, with their 3D labels.
      num_points: How often it is measured, beside at the start.
    """
    config = (_fine_tuning if from_supervised else _begun_from)(preset, steps, seed, start)
    config.measured = "weak"
    config.validate_every = config.checkpoint_every = max(1, steps // num_points)
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


def _begun_from(preset: str, steps: int, seed: int, start: Path) -> ConfigDict:
    config = _network(preset, steps, seed)
    config.network.start_from = str(start)
    return config


def _fine_tuning(preset: str, steps: int, seed: int, start: Path) -> ConfigDict:
    config = _begun_from(preset, steps, seed, start)
    config.optimizer.learning_rate *= _FINE_TUNING
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
