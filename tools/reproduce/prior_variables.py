"""The variables that a row fits in place of the pose."""

from hps_tf.errors import InputError
from hps_tf.fitting import pose_variables
from hps_tf.fitting.pose_variables import PoseVariables
from hps_tf.priors import PosePrior
from tools.reproduce import rows
from tools.reproduce.rows import LATENT, SIX_D, Row
from tools.reproduce.trained_priors import TrainedPriors


def make(row: Row, seed: int, priors: TrainedPriors) -> PoseVariables:
    """Makes a row's variables, with its prior and its initial pose.

    Args:
      row: The row.
      seed: Which of its family's priors.
      priors: Where they are.

    Raises:
      InputError: If a prior is missing, damaged or of another kind than its name says.
    """
    prior = priors.load(row.family, seed)
    if row.prior in (rows.VPOSER, rows.FLOW, rows.LIGHT) and row.space == LATENT:
        return pose_variables.LatentPrior(prior)
    if row.prior == rows.HMR:
        # The discriminators know no likely pose: they begin at that of a flow.
        flow = _flow(f"{rows.FLOW}-{row.data}-{SIX_D.lower()}", priors)
        matrices = flow.space.to_matrices(pose_variables.mode(flow))
        return pose_variables.AmbientPrior(
            prior, prior.space.from_matrices(matrices).numpy(), row.start
        )
    if not prior.has_density:
        raise InputError(f"{row.family}-s{seed}: expected a flow, received a {prior.architecture}")
    if row.prior == rows.GAUSSIAN:
        return pose_variables.LatentGaussian(prior.references["gaussian"], prior.space)
    if row.prior == rows.GMM:
        return pose_variables.AmbientMixture(prior.references["gmm8"], prior.space, row.start)
    mode = pose_variables.mode(prior)
    if row.prior == rows.NO_PRIOR:
        return pose_variables.NoPrior(prior.space, mode, row.start)
    return pose_variables.AmbientPrior(prior, mode, row.start)


def _flow(family: str, priors: TrainedPriors) -> PosePrior:
    seeds = priors.seeds(family)
    flow = priors.load(family, seeds[0]) if seeds else None
    if flow is None or not flow.has_density:
        raise InputError(f"HMR's initial pose is that of {family}-s0, which is missing")
    return flow
