"""The tasks of `hps prior`, after the arguments are read."""

import argparse

import numpy as np

from hps_tf import body as bodies
from hps_tf import priors
from hps_tf.body.limbs import LIMBS, indices
from hps_tf.cli import source
from hps_tf.cli.prior import joints_file
from hps_tf.cli.prior.joints_file import JointsFile
from hps_tf.errors import InputError
from hps_tf.evaluation import prior_tasks
from hps_tf.fitting.joint_recovery import JointRecovery, Recovered
from hps_tf.priors import PosePrior


def denoise(arguments: argparse.Namespace) -> None:
    """Removes noise.

    Raises:
      InputError: As of all tasks: if the prior or the input is unfit.
    """
    body, prior = bodies.load_small(), _prior(arguments)
    given = joints_file.read(arguments.input, body)
    recovery = JointRecovery(body, prior_tasks.variables(prior))
    _finish(arguments, given, given.joints, _mode(recovery, arguments, given, given.joints))


def ik(arguments: argparse.Namespace) -> None:
    """Finds poses for hands, feet and head; see `denoise`."""
    body, prior = bodies.load_small(), _prior(arguments)
    given = joints_file.read(arguments.input, body)
    seen = prior_tasks.only_ends(given.joints)
    recovery = JointRecovery(body, prior_tasks.variables(prior))
    _finish(arguments, given, seen, _mode(recovery, arguments, given, seen))


def complete(arguments: argparse.Namespace) -> None:
    """Finds hidden joints; see `denoise`."""
    body, prior = bodies.load_small(), _prior(arguments)
    if arguments.hypotheses and not prior.has_samples:
        raise InputError(
            f"--hypotheses {arguments.hypotheses}: expected a prior with samples, received"
            f" {prior.architecture}"
        )
    given = joints_file.read(arguments.input, body)
    seen = given.joints.copy()
    for limb in arguments.hidden:
        seen[:, indices(LIMBS[limb])] = np.nan
    recovery = JointRecovery(body, prior_tasks.variables(prior))
    poses = _mode(recovery, arguments, given, seen)
    hypotheses = None
    if arguments.hypotheses:
        hypotheses = recovery.hypotheses(
            seen,
            arguments.noise,
            arguments.hypotheses,
            arguments.seed,
            given.shape,
            _starts(recovery, prior, len(seen) * arguments.hypotheses, arguments.seed),
        )
    _finish(arguments, given, seen, poses, hypotheses)


def _prior(arguments: argparse.Namespace) -> PosePrior:
    return priors.load(source.find(arguments, "prior", source.MEASURES).file)


def _starts(recovery: JointRecovery, prior: PosePrior, count: int, seed: int) -> np.ndarray | None:
    if recovery.is_latent:
        return None
    return prior_tasks.random_poses(prior, prior.space, count, seed)


def _mode(
    recovery: JointRecovery, arguments: argparse.Namespace, given: JointsFile, seen: np.ndarray
) -> Recovered:
    try:
        return recovery.mode(seen, arguments.noise, given.shape)
    except ValueError as error:
        raise InputError(f"{arguments.input}: {error}") from None


def _finish(
    arguments: argparse.Namespace,
    given: JointsFile,
    seen: np.ndarray,
    poses: Recovered,
    hypotheses: Recovered | None = None,
) -> None:
    joints_file.write(arguments.output, given, poses, hypotheses)
    off = 1000 * np.nanmean(np.linalg.norm(poses.joints - seen, axis=2))
    drawn = f", {arguments.hypotheses} hypotheses each" if hypotheses is not None else ""
    print(
        f"{arguments.output}: {len(seen)} poses{drawn}; the joints seen are {off:.1f} mm off in the"
        " mean"
    )
