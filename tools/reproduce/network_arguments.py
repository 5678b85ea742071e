"""Studies of networks from the options of `tools.reproduce`."""

import argparse

from hps_tf.errors import InputError
from hps_tf.models import PRESETS
from tools.reproduce import image_domains
from tools.reproduce.image_domains import Synthetic
from tools.reproduce.network_study import NetworkStudy


def begin(arguments: argparse.Namespace, *, ground_truth_evidence: bool = False) -> NetworkStudy:
    """Checks the options of tables of networks, renders what is missing, and makes the study.

    Args:
      arguments: These.
      ground_truth_evidence: Of the study.

    Raises:
      InputError: If data cannot be used, or the output holds results of other settings.
    """
    if arguments.preset not in PRESETS:
        raise InputError(
            f"--preset: expected one of {', '.join(PRESETS)}, received {arguments.preset!r}"
        )
    for option in ("json", "report"):
        path = getattr(arguments, option)
        if path and not path.parent.is_dir():
            raise InputError(f"--{option} {path}: there is no directory {path.parent}")
    output = arguments.output.absolute()
    size = PRESETS[arguments.preset].image_size
    synthetic = Synthetic(arguments.num_images, size, tuple(arguments.mocap))
    given = {"labelled": arguments.labelled, "weak": arguments.weak}
    for option, needed in (("labelled", ("pose",)), ("weak", ("keypoints", "parts"))):
        if given[option]:
            image_domains.check(f"--{option}", given[option], needed)
    data = output / "data"
    study = NetworkStudy(
        labelled=(given["labelled"] or data / "labelled").absolute(),
        weak=(given["weak"] or data / "weak").absolute(),
        synthetic=synthetic,
        preset=arguments.preset,
        maps_steps=arguments.maps_steps,
        steps=arguments.steps,
        seeds=tuple(range(arguments.seeds)),
        output=output,
        workers=arguments.workers,
        ground_truth_evidence=ground_truth_evidence,
    )
    study.checkpoints()
    if not given["labelled"]:
        image_domains.labelled(data, synthetic)
    if not given["weak"]:
        image_domains.weak(data, synthetic)
    return study
