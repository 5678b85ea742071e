"""Checks of a network's settings, and what they say of its architecture."""

import numpy as np
from ml_collections import ConfigDict

from hps_tf.errors import InputError
from hps_tf.fitting import in_the_loop
from hps_tf.models import PRESETS, NetworkOptions, StagedNetwork, backbone, load_lifting, loss_terms
from hps_tf.models.backbone import PLAIN
from hps_tf.models.lifting_network import LiftingNetwork
from hps_tf.models.presets import BYTES, FAMILY, LIFTING, MOVENET
from hps_tf.models.staged_network import MODULES
from trainers import settings
from trainers.configs import base


def loss_names() -> tuple[str, ...]:
    """Gives the names of all losses, which weights may have."""
    return (*loss_terms(), *in_the_loop.TERMS)


def options_of(config: ConfigDict, earlier: StagedNetwork | None) -> NetworkOptions:
    """Gives the sizes of the network; those of an earlier one decide how layers are connected."""
    wanted = config.network
    if wanted.preset not in PRESETS:
        raise InputError(
            f"config.network.preset: expected one of {', '.join(PRESETS)}, received"
            f" {wanted.preset!r}"
        )
    try:
        options = PRESETS[wanted.preset].replaced(
            pose_output=wanted.pose_output,
            prior=wanted.prior,
            backbone=wanted.backbone,
            backbone_input=BYTES if wanted.backbone == PLAIN else FAMILY,
            keypoints=wanted.keypoints,
            pose=wanted.pose,
        )
    except ValueError as error:
        raise InputError(f"config.network: {error}") from None
    if wanted.lifting and options.pose != LIFTING:
        raise InputError(f"config.network.lifting: expected empty with pose {options.pose!r}")
    lifting = lifting_of(config)
    if lifting is not None:
        sizes = lifting.options
        options = options.replaced(lifting_width=sizes.width, lifting_blocks=sizes.blocks)
    if earlier is not None:
        # Weights mean nothing between layers that are connected in another way.
        options = options.replaced(
            residual=earlier.options.residual, backbone_input=earlier.options.backbone_input
        )
    return options


def lifting_of(config: ConfigDict) -> LiftingNetwork | None:
    """Loads the lifting network that the lifting module starts from, if there is one."""
    name_or_path = config.network.lifting
    if not name_or_path:
        return None
    try:
        return load_lifting(name_or_path)
    except InputError as error:
        raise InputError(f"config.network.lifting: {error}") from None


def load_backbone(network: StagedNetwork, weights: str) -> None:
    """Gives a network's backbone pretrained weights."""
    try:
        backbone.load_weights(network.backbone, network.options, weights)
    except Exception as error:  # Keras reports a failed download by exceptions of many types.
        reason = str(error).partition("\n")[0]
        raise InputError(f"config.network.backbone_weights {weights}: {reason}") from None


def trained_modules(config: ConfigDict) -> tuple[str, ...]:
    """Gives the names of the modules that are trained."""
    trained: tuple[str, ...] = config.network.trained
    # MoveNet's backbone and keypoint module stay as they are.
    modules = MODULES if config.network.keypoints != MOVENET else MODULES[2:]
    if unknown := sorted(set(trained) - set(modules)):
        raise InputError(
            f"config.network.trained: expected modules of {', '.join(modules)}, received"
            f" {', '.join(unknown)}"
        )
    return trained


def check(config: ConfigDict) -> None:
    """Raises `InputError` for settings that no network can be trained with."""
    reference = base.network("tiny")
    for name in config.get("data", {}):
        settings.check_like(config, ConfigDict({"data": {name: base.source()}}))
    for name, phase in config.get("phases", {}).items():
        like = {"share_of_steps": 1.0, "ground_truth_evidence": 0.0, "data": {}, "weights": {}}
        settings.check_like(config, ConfigDict({"phases": {name: like}}))
        _check_numbers(f"{name}.data", phase.data)
        _check_numbers(f"{name}.weights", phase.weights, loss_names())
    del reference.data, reference.phases
    settings.check_like(config, reference)
    for name, phase in config.get("phases", {}).items():
        if "surprise" in phase.weights and config.network.pose != LIFTING:
            raise InputError(
                f"config.phases.{name}.weights.surprise: expected none with pose"
                f" {config.network.pose!r}, whose bodies have no deviations"
            )
    trained_modules(config)
    if unknown := sorted(set(config.measured) - set(config.data)):
        raise InputError(
            f"config.measured: expected sources of {', '.join(config.data)}, received"
            f" {', '.join(unknown)}"
        )


def _check_numbers(where: str, values: ConfigDict, known: tuple[str, ...] = ()) -> None:
    for name, value in values.items():
        if known and name not in known:
            raise InputError(
                f"config.phases.{where}: expected names of {', '.join(known)}, received {name}"
            )
        if not isinstance(value, int | float) or not np.isfinite(value):
            raise InputError(f"config.phases.{where}.{name}: expected a number, received {value!r}")
