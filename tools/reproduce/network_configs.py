"""The configs of the networks that the tables compare.

A network of seed S begins with the maps run: keypoints and body parts learnt from the 2D labels of
both domains, the pose module untouched. All others train the pose module alone: the base run on the
images of the subjects with 3D labels, and from that one, half as long, go on

* FS: in the same way;
* FS+WS: with as many of these images per step, by L_total with L_ws (section 2.3 of the paper), and
  beside them images of everybody by their 2D labels.

So the two differ in nothing but weak supervision. Without any 3D labels the base run is the maps
run, and FS+WS learns by L_ws alone for as many steps as the others do in all.

With MoveNet's frozen keypoints (preset photo) the maps run trains the part module alone, and the
pose module is a lifting module that begins untrained: that of the network `photo`, which has seen
motion capture with 3D labels, would know the answers. What MoveNet finds in the images is computed
once, and all runs share it.
"""

from pathlib import Path

from ml_collections import ConfigDict

from hps_tf.models.presets import MOVENET, PRESETS
from tools.reproduce.config_parts import phase, source, weak_weights, with_surprise
from trainers.configs import base

_BATCH_SIZE = 16
_BATCH_SIZES = {"photo": 32}  # Steps of its pose module cost little.

VIEWS = 2
"""Augmented views of an image of which what a frozen front end finds is kept."""

_LEARNING_RATES = {"tiny": 5e-3, "small": 2e-3, "photo": 1e-3}
_MAPS_LEARNING_RATES = {"photo": 4e-3}
_FINE_TUNING = 0.4  # Of the learning rate, for networks that have learnt poses.
_NUM_VALIDATIONS = 4
_MAX_SEEN_VALIDATION = 256

KA = "ka"
KA_BA = "kaba"


def batch_size(preset: str) -> int:
    """Images with 3D labels of a step.

    FS+WS sees as many with 2D labels beside them, half of them of either domain; `adapted` sees so
    many in all.
    """
    return _BATCH_SIZES.get(preset, _BATCH_SIZE)


def maps(preset: str, labelled: Path, weak: Path, steps: int, seed: int) -> ConfigDict:
    """Learns keypoints and body parts.

    Args:
      preset: Size of the network.
      labelled: Directory of the labelled images.
      weak: Directory of the weak images.
      steps: Number of steps.
      seed: Of initial weights and batches.
    """
    config = _network(preset, steps, seed)
    config.data = {
        "labelled": source(labelled, "2d"),
        "weak": source(weak, "2d"),
    }
    config.batch_size = _BATCH_SIZE
    if has_front(preset):
        config.network.trained = ("parts",)
        weights = ConfigDict({"part_maps": 1.0})
    else:
        config.network.trained = ("backbone", "keypoints", "parts")
        weights = ConfigDict({"heatmaps": 1.0, "part_maps": 2.0})
    config.optimizer.learning_rate = _MAPS_LEARNING_RATES.get(
        preset, config.optimizer.learning_rate
    )
    config.phases = {"supervised": phase({"labelled": 0.5, "weak": 0.5}, weights)}
    return config


def base_run(
    preset: str, labelled: Path, share: float, steps: int, seed: int, *, start: Path
) -> ConfigDict:
    """Learns 3D labels.

    Args:
      preset: Size of the network.
      labelled: Directory of the labelled images.
      share: Of their subjects, whose images alone are used.
      steps: Number of steps.
      seed: Of the batches.
      start: The maps run's network.
    """
    config = _begun_from(preset, steps, seed, start)
    config.data = {"labelled": source(labelled, "3d", share)}
    labels = base.weights(supervised=True)
    weights = ConfigDict({name: labels[name] for name in ("vertices", "pose", "shape")})
    config.phases = {"supervised": phase({"labelled": 1.0}, with_surprise(preset, weights))}
    return config


def fully_supervised(
    preset: str, labelled: Path, share: float, steps: int, seed: int, *, start: Path
) -> ConfigDict:
    """FS: continues as before, at a smaller learning rate.

    Args:
      preset: Size of the network.
      labelled: Directory of the labelled images.
      share: Of their subjects, whose images alone are used.
      steps: Number of steps.
      seed: Of the batches.
      start: The base run's network.
    """
    return _fine_tuned(base_run(preset, labelled, share, steps, seed, start=start))


def weakly_supervised(
    preset: str,
    labelled: Path,
    share: float,
    weak: Path,
    steps: int,
    seed: int,
    *,
    start: Path,
) -> ConfigDict:
    """FS+WS: continues with weak supervision; without 3D labels, begins with it.

    Args:
      preset: Size of the network.
      labelled: Directory of the labelled images, of which all have their 2D labels used.
      share: Of their subjects, whose 3D labels are used; 0: weak supervision alone.
      weak: Directory of the weak images.
      steps: Number of steps.
      seed: Of the batches.
      start: The base run's network; the maps run's without 3D labels.
    """
    config = _begun_from(preset, steps, seed, start)
    config.data = {
        "in_2d": source(labelled, "2d"),
        "weak": source(weak, "2d"),
    }
    count = float(batch_size(preset))
    shares = {"in_2d": count / 2.0, "weak": count / 2.0}
    if share:
        config.data["labelled"] = source(labelled, "3d", share)
        shares["labelled"] = count
        config = _fine_tuned(config)
    config.batch_size = int(sum(shares.values()))
    config.curriculum = ("weak",)
    config.phases = {"weak": phase(shares, weak_weights(preset, supervised=share > 0))}
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
    config = _begun_from(preset, steps, seed, start)
    if from_supervised:
        config = _fine_tuned(config)
    config.measured = ("weak",)
    config.validate_every = config.checkpoint_every = max(1, steps // num_points)
    shares = {"labelled": 0.5, "weak": 0.5} if with_labelled else {"weak": 1.0}
    config.data = {
        "labelled": source(labelled),
        "weak": source(weak, "2d"),
    }
    weights = weak_weights(preset, supervised=with_labelled)
    if losses == KA:
        weights.part_alignment = 0.0
    config.curriculum = ("weak",)
    config.phases = {"weak": phase(shares, weights)}
    return config


def has_front(preset: str) -> bool:
    """Whether the preset's keypoints and features are those of a frozen network."""
    return PRESETS[preset].keypoints == MOVENET


def with_cache(config: ConfigDict, cache: Path) -> ConfigDict:
    """The same with what a frozen front end finds in a few views of each image kept on disk."""
    config.views = VIEWS
    config.cache = str(cache)
    config.xla = config.network.trained == ("pose",)  # Such steps have no convolution.
    for images in config.data.values():
        images.max_validation = _MAX_SEEN_VALIDATION
    return config


def with_ground_truth_evidence(config: ConfigDict) -> ConfigDict:
    """The same with heatmaps and part maps made of the labels before the pose module."""
    for each in config.phases.values():
        each.ground_truth_evidence = 1.0
    return config


def _network(preset: str, steps: int, seed: int) -> ConfigDict:
    config = base.network(preset)
    config.task = "bare_network"
    config.seed = seed
    config.steps = steps
    config.batch_size = batch_size(preset)
    config.log_every = max(1, steps // 10)
    config.validate_every = config.checkpoint_every = max(1, steps // _NUM_VALIDATIONS)
    config.patience = 0  # All take the same number of steps.
    config.optimizer.learning_rate = _LEARNING_RATES.get(preset, 1e-3)
    config.optimizer.warmup_steps = min(50, steps // 10)
    config.optimizer.average_decay = 0.99
    # Gentler than usual: runs are short.
    config.augmentation.rotation = 0.35
    config.augmentation.occluders = 0.1
    return config


def _begun_from(preset: str, steps: int, seed: int, start: Path) -> ConfigDict:
    config = _network(preset, steps, seed)
    config.network.start_from = str(start)
    config.network.trained = ("pose",)
    return config


def _fine_tuned(config: ConfigDict) -> ConfigDict:
    config.optimizer.learning_rate *= _FINE_TUNING
    return config
