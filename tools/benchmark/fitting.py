"""Fitting beside SciPy's L-BFGS-B with TensorFlow's gradients and a fit after SMPLify in PyTorch.

All minimize the same objective by L-BFGS from the same four starts, in the latents of a Gaussian:
its decoder is one matrix, so that nobody is held up by a flow's. Ours fits all people at once. A
peer fits person after person, start after start: keypoints first and then, as ours does, parts too
from there. It is done with a start as soon as the loss is within 1 % of ours, or when it gives up
or our own rule for stopping says so. Peers fit the first few people alone: their time a person does
not depend on how many there are.

Ours is timed warm; what it compiles, once for each kind of evidence, has a row of its own. PyTorch
has one thread: a second gains it a tenth at most on tensors as small as a person's.
"""

import functools
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from scipy import optimize

from hps_tf import priors
from hps_tf.body import BodyModel, default_body
from hps_tf.body.body_data import BodyData
from hps_tf.fitting import Evidence, Fitter, Weights
from hps_tf.fitting.fit_problem import FitProblem
from hps_tf.fitting.pose_variables import LatentGaussian
from hps_tf.fitting.windows import WindowedEvidence
from hps_tf.geometry import axis_angle, camera
from hps_tf.priors import PosePrior
from hps_tf.rendering import part_labels, rasterize
from tools.benchmark import pytorch, report

PEERS = ("scipy", "torch")

_BATCHES = (1, 16, 256)
_NUM_STARTS = 4
_NUM_PEER_PEOPLE = 2
_IMAGE_SIZE, _FOCAL_LENGTH = 256.0, 600.0
_MAP_SIZE = (128, 128)
_NOISE = 1.0  # Pixels along x and along y.
_WEIGHTS = Weights(prior=0.1, shape=0.1, alignment=0.3)

_ENOUGH = 1.01  # Times our loss.
_MAX_CALLS, _PATIENCE, _TOLERANCE = 500, 25, 1e-3  # Our own rule for stopping.
_AGREEMENT = 1e-3

_SCIPY, _TORCH = "SciPy L-BFGS-B", "torch L-BFGS"

ValueAndGradient = Callable[[np.ndarray], tuple[float, np.ndarray]]
See = Callable[[float, np.ndarray], None]
Minimize = Callable[[np.ndarray, See], None]


class _Fits(NamedTuple):
    """A peer's fits to M problems.

    Attributes:
      x: `(M, size)` where it ended.
      loss: `(M,)` of those.
      seconds: `(M,)` it took, earlier stages included.
    """

    x: np.ndarray
    loss: np.ndarray
    seconds: np.ndarray


def rows() -> list[report.Row]:
    """Measures seconds per person."""
    has_torch = not pytorch.missing(("torch",))
    if has_torch:
        pytorch.prepare(num_threads=1)
    else:
        report.warn_absent("torch")
    data = default_body.read(num_vertices=3000)
    body = BodyModel(data)
    prior = priors.load("cmu-6d-light")
    pose = LatentGaussian(prior.references["gaussian"], prior.space)
    evidence = _evidence(body, prior, max(_BATCHES))
    few = evidence.select(np.arange(_NUM_PEER_PEOPLE))

    found: list[report.Row] = []
    peers: dict[str, _Fits] = {}
    for features, map_size in (("KA", None), ("KA+BA", _MAP_SIZE)):
        fitter = Fitter(body, pose, keypoint_set="smpl24", map_size=map_size, solver="lbfgs")
        seconds, compile_seconds = _time(fitter, evidence)
        targets = _losses(fitter, few)
        problems = fitter.problem(few, _WEIGHTS, num_starts=_NUM_STARTS)
        peers = _fit_by_peers(_peers(data, problems, has_torch), problems.start, peers, targets)
        found += _rows(features, seconds, targets, peers)
        found.append(report.Row(features, "compilation, once", "s", compile_seconds, {}))
    return found


def _rows(
    features: str, seconds: dict[int, float], targets: np.ndarray, peers: dict[str, _Fits]
) -> list[report.Row]:
    by_peer = {name: _NUM_STARTS * fits.seconds.mean() for name, fits in peers.items()}
    rows = [
        report.Row(f"{features}, {count} people", "fit of a person", "s", ours / count, by_peer)
        for count, ours in seconds.items()
    ]
    reached = ", ".join(
        f"{name} {np.mean(fits.loss <= _ENOUGH * targets):.0%}" for name, fits in peers.items()
    )
    case = f"{features}, starts that came as low as ours: {reached}" if peers else features
    best = {name: _best_of_starts(fits.loss) for name, fits in peers.items()}
    return [*rows, report.Row(case, "loss of a person", "", _best_of_starts(targets), best)]


def _best_of_starts(losses: np.ndarray) -> float:
    """The mean over people of the lowest of their starts' losses."""
    return float(losses.reshape(-1, _NUM_STARTS).min(axis=1).mean())


def _time(fitter: Fitter, evidence: Evidence) -> tuple[dict[int, float], float]:
    """Seconds for each number of people, and those for compiling."""

    def fit(count: int) -> float:
        people = evidence.select(np.arange(count))
        begin = time.perf_counter()
        fitter.candidates(people, _WEIGHTS, num_starts=_NUM_STARTS, num_aligned=_NUM_STARTS)
        return time.perf_counter() - begin

    cold = {count: fit(count) for count in _BATCHES}
    warm = {count: fit(count) for count in _BATCHES}
    return warm, sum(cold.values()) - sum(warm.values())


def _losses(fitter: Fitter, evidence: Evidence) -> np.ndarray:
    """Ours from every start of every person, as `Fitter.problem` orders them."""
    losses = np.empty((len(evidence), _NUM_STARTS))
    for candidate in fitter.candidates(
        evidence, _WEIGHTS, num_starts=_NUM_STARTS, num_aligned=_NUM_STARTS
    ):
        losses[np.arange(len(evidence)), candidate.start] = candidate.loss
    return losses.ravel()


def _peers(data: BodyData, problems: FitProblem, has_torch: bool) -> dict[str, list[Minimize]]:
    """How each peer minimizes each of the problems, warmed up.

    Raises:
      RuntimeError: If the implementations of the objective differ.
    """
    value_and_gradient = _value_and_gradient(problems)
    peers: dict[str, list[Minimize]] = {_SCIPY: []}
    if has_torch:
        from tools.benchmark import torch_fitting

        peers[_TORCH] = []
    for row, start in enumerate(problems.start):
        ours = functools.partial(value_and_gradient, row)
        ours(start)
        peers[_SCIPY].append(functools.partial(_minimize_by_scipy, ours))
        if has_torch:
            theirs = torch_fitting.TorchObjective(data, problems, row, _WEIGHTS)
            _check_agreement(ours(start), theirs.value_and_gradient(start))
            peers[_TORCH].append(functools.partial(torch_fitting.minimize, theirs))
    return peers


def _fit_by_peers(
    peers: dict[str, list[Minimize]],
    start: np.ndarray,
    begun: dict[str, _Fits],
    targets: np.ndarray,
) -> dict[str, _Fits]:
    """Lets the peers take turns, each from where it has come or else from the start."""
    count = len(start)
    fits = {
        name: _Fits(start.copy(), np.empty(count), np.zeros(count))
        if name not in begun
        else begun[name]._replace(loss=np.empty(count))
        for name in peers
    }
    for row, target in enumerate(targets):
        for name, minimizers in peers.items():
            search = _Search(_ENOUGH * target)
            begin = time.perf_counter()
            search.run(minimizers[row], fits[name].x[row])
            fits[name].seconds[row] += time.perf_counter() - begin
            fits[name].x[row], fits[name].loss[row] = search.x, search.loss
    return fits


class _EndError(Exception):
    """The search is over."""


class _Search:
    """Watches a peer's search, and ends it.

    Args:
      target: The loss that is low enough.

    Attributes:
      x: The variables of the lowest loss seen.
      loss: That loss.
    """

    def __init__(self, target: float):
        self.x, self.loss = np.empty(0), np.inf
        self._target = target
        self._calls, self._reference = 0, np.inf

    def run(self, minimize: Minimize, start: np.ndarray) -> None:
        """Minimizes from `(size,)` variables until the peer gives up or the search is over."""
        try:
            minimize(start, self._see)
        except _EndError:
            return

    def _see(self, loss: float, x: np.ndarray) -> None:
        if loss < self.loss:
            self.x, self.loss = x.copy(), loss
        self._calls += 1
        is_stalled = False
        if self._calls % _PATIENCE == 0:
            is_stalled = self._reference - self.loss <= _TOLERANCE * abs(self.loss)
            self._reference = self.loss
        if self.loss <= self._target or is_stalled or self._calls >= _MAX_CALLS:
            raise _EndError


def _minimize_by_scipy(value_and_gradient: ValueAndGradient, start: np.ndarray, see: See) -> None:
    def watched(x: np.ndarray) -> tuple[float, np.ndarray]:
        loss, gradient = value_and_gradient(x)
        see(loss, x)
        return loss, gradient

    optimize.minimize(watched, start.astype(np.float64), jac=True, method="L-BFGS-B")


def _value_and_gradient(
    problems: FitProblem,
) -> Callable[[int, np.ndarray], tuple[float, np.ndarray]]:
    """Our objective and its gradient, of one row of the problems, compiled by XLA."""

    @tf.function(jit_compile=True, autograph=False)
    def compiled(x: tf.Tensor, window: WindowedEvidence) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = problems.objective(x, window, problems.shared)
        return loss, tape.gradient(loss, x)

    windows = [
        tf.nest.map_structure(lambda a, row=row: tf.constant(a[row : row + 1]), problems.windows)
        for row in range(len(problems.start))
    ]

    def value_and_gradient(row: int, x: np.ndarray) -> tuple[float, np.ndarray]:
        loss, gradient = compiled(tf.constant(x[None], tf.float32), windows[row])
        return float(loss[0]), gradient[0].numpy().astype(np.float64)

    return value_and_gradient


def _check_agreement(ours: tuple[float, np.ndarray], theirs: tuple[float, np.ndarray]) -> None:
    in_value = abs(theirs[0] - ours[0]) / abs(ours[0])
    in_gradient = np.linalg.norm(theirs[1] - ours[1]) / np.linalg.norm(ours[1])
    difference = max(float(in_value), float(in_gradient))
    if not difference <= _AGREEMENT:
        raise RuntimeError(f"implementations differ by {difference:.1%}; nothing was timed")


def _evidence(body: BodyModel, prior: PosePrior, count: int) -> Evidence:
    """People drawn from a prior, seen from all around, with noise on their keypoints."""
    rng = np.random.default_rng(0)
    pose = prior.space.to_pose(prior.space.project(prior.sample(count, seed=0)))
    rotations = axis_angle.to_matrix(pose).numpy()
    turns = axis_angle.to_matrix(rng.uniform(-np.pi, np.pi, (count, 1)) * [[0.0, 1.0, 0.0]])
    rotations[:, 0] = np.diag([1.0, -1.0, -1.0]) @ turns
    arguments = {
        "rotation_matrices": rotations,
        "shape": rng.normal(0.0, 0.5, (count, body.num_shape)),
        "translation": rng.uniform([-0.1, -0.1, 4.5], [0.1, 0.1, 5.5], (count, 3)),
    }
    middle = (_IMAGE_SIZE - 1.0) / 2.0
    intrinsics = camera.intrinsic_matrix([_FOCAL_LENGTH] * 2, [middle] * 2)[None]
    intrinsics = np.tile(intrinsics, (count, 1, 1))
    keypoints = camera.project(body.keypoints("smpl24", **arguments), intrinsics).numpy()
    keypoints += rng.normal(0.0, _NOISE, keypoints.shape)
    boxes = np.tile(np.array([0.0, 0.0, _IMAGE_SIZE, _IMAGE_SIZE], np.float32), (count, 1))
    raster = rasterize(
        body(**arguments).vertices.numpy(),
        body.faces,
        camera.crop_intrinsics(intrinsics, boxes, _MAP_SIZE).numpy(),
        _MAP_SIZE,
    )
    return Evidence(
        keypoints=keypoints,
        confidence=np.ones(keypoints.shape[:2]),
        intrinsics=intrinsics,
        keypoint_set="smpl24",
        part_labels=part_labels(raster, body.face_parts),
        part_boxes=boxes,
    )
