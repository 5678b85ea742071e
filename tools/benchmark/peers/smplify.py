"""A fit after SMPLify in PyTorch: 2D keypoints, a mixture of 8 Gaussians, one person at a time.

The data term is Geman and McClure's with σ 100 px, the priors are the mixture's closest mode (Bogo
et al. 2016, Eq. 6), the shape's squares and, of elbows and knees, a penalty on bending the wrong
way (Eq. 4). Four stages lower the priors' weights; weights and L-BFGS are those of SMPLify-X, which
ends a stage later, for smaller gains. Before them the trunk's keypoints place the person. As its
codes do for people seen from the side, here for all, two starts are tried: facing the camera and
turned away. The body is the embedded one; the mixture was fitted to the motion capture of our
priors.

To be imported after `pytorch.prepare`.
"""

import numpy as np
import torch

from hps_tf.body.body_data import BodyData
from hps_tf.body.keypoints import blend_matrix
from hps_tf.body.skeleton import JOINT_NAMES, KEYPOINT_NAMES
from hps_tf.fitting import Evidence
from hps_tf.priors.gmm import GaussianMixture
from tools.benchmark.torch_fitting import Body

_NUM_POSE, _NUM_SHAPE = 63, 10
_STARTS = ((np.pi, 0.0, 0.0), (0.0, 0.0, np.pi))
_POSE_WEIGHTS = (404.0, 404.0, 57.4, 4.78)
_SHAPE_WEIGHTS = (100.0, 50.0, 10.0, 5.0)
_BENDING = 3.17  # Times the pose's weight.
_DATA_SIZE = 1000.0  # The data term counts pixels of an image that large.
_SIGMA = 100.0
_DEPTH_WEIGHT = 100.0  # Of squared metres off the first guess, while the trunk is placed.
_NUM_STEPS, _MOST_RESTARTS, _TOLERANCE = 30, 30, 1e-3

#: Components of the 21 joints' axis-angles in which elbows and knees bend, and the wrong direction.
_HINGES = {("l_elbow", 1): 1.0, ("r_elbow", 1): -1.0, ("l_knee", 0): -1.0, ("r_knee", 0): -1.0}
_TRUNK = ("l_shoulder", "r_shoulder", "l_hip", "r_hip")
_FEWEST = 3
_HEAD = JOINT_NAMES.index("head")


class Smplify:
    """Fits people one by one.

    Args:
      data: The body.
      mixture: Over the axis-angles of 21 joints.
      image_size: Pixels of the image's longer side.
    """

    def __init__(self, data: BodyData, mixture: GaussianMixture, image_size: float):
        self._body = Body(data)
        if data.landmarks is None or data.landmark_shapedirs is None:
            raise ValueError("`data`: expected a body with landmarks of the face")
        self._landmarks = self._body.carried(_HEAD, data.landmarks, data.landmark_shapedirs)
        self._blend = torch.tensor(blend_matrix("coco17"))
        self._prior = _ClosestMode(mixture)
        self._data_weight = (_DATA_SIZE / image_size) ** 2
        names = JOINT_NAMES[1:]
        self._hinges = [3 * names.index(name) + axis for name, axis in _HINGES]
        self._signs = torch.tensor(list(_HINGES.values()))

    def fit(self, evidence: Evidence, row: int) -> np.ndarray:
        """Fits a person of COCO keypoints and returns the `(24, 3)` joints, metres."""
        tried = [self._fit_from(evidence, row, start) for start in _STARTS]
        return min(tried, key=lambda pair: pair[0])[1]

    def keypoints(
        self, pose: torch.Tensor, root: torch.Tensor, shape: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Poses the body about its pelvis: the `(24, 3)` joints and `(17, 3)` keypoints."""
        turns = torch.cat([root[None], pose.reshape(-1, 3), torch.zeros(2, 3)])
        motions = self._body.motions(_matrices(turns), shape)
        joints = motions[:, :3, 3]
        points = torch.cat([joints, self._landmarks(motions, shape)])
        return joints, self._blend @ points

    def _fit_from(
        self, evidence: Evidence, row: int, start: tuple[float, float, float]
    ) -> tuple[float, np.ndarray]:
        seen = torch.tensor(evidence.keypoints[row], dtype=torch.float32)
        confidence = torch.tensor(evidence.confidence[row], dtype=torch.float32)
        camera = torch.tensor(evidence.intrinsics[row], dtype=torch.float32)
        pose = self._prior.mean.clone().requires_grad_()
        root = torch.tensor(start, dtype=torch.float32, requires_grad=True)
        shape = torch.zeros(_NUM_SHAPE, requires_grad=True)
        trunk = _trunk(confidence)
        place = self._place(pose, root, shape, seen, trunk, camera).requires_grad_()
        depth = place[2].item()

        def projected() -> torch.Tensor:
            points = self.keypoints(pose, root, shape)[1] + place
            return (points[:, :2] / points[:, 2:]) @ camera[:2, :2].T + camera[:2, 2]

        def trunk_loss() -> torch.Tensor:
            squares = (projected()[trunk] - seen[trunk]).square().sum()
            return squares + _DEPTH_WEIGHT * (place[2] - depth).square()

        _minimize(trunk_loss, [place, root])
        loss = torch.tensor(np.inf)
        for pose_weight, shape_weight in zip(_POSE_WEIGHTS, _SHAPE_WEIGHTS, strict=True):

            def staged(pose_weight=pose_weight, shape_weight=shape_weight) -> torch.Tensor:
                squares = (projected() - seen).square()
                robust = _SIGMA**2 * squares / (squares + _SIGMA**2)
                bent = torch.exp(pose[self._hinges] * self._signs).square().sum()
                return (
                    self._data_weight * (confidence[:, None].square() * robust).sum()
                    + pose_weight**2 * self._prior(pose)
                    + shape_weight**2 * shape.square().sum()
                    + (_BENDING * pose_weight) ** 2 * bent
                )

            loss = _minimize(staged, [pose, root, shape, place])
        joints = self.keypoints(pose, root, shape)[0] + place
        found = float(loss) if torch.isfinite(joints).all() else np.inf
        return found, joints.detach().numpy()

    def _place(
        self,
        pose: torch.Tensor,
        root: torch.Tensor,
        shape: torch.Tensor,
        seen: torch.Tensor,
        rows: torch.Tensor,
        camera: torch.Tensor,
    ) -> torch.Tensor:
        """Guesses the translation from how large the chosen keypoints are in the image."""
        with torch.no_grad():
            points = self.keypoints(pose, root, shape)[1][rows]
            spread = (points[:, :2] - points[:, :2].mean(0)).norm(dim=1).mean()
            in_image = (seen[rows] - seen[rows].mean(0)).norm(dim=1).mean()
            depth = camera[0, 0] * spread / in_image.clamp(min=1.0)
            slope = (seen[rows].mean(0) - camera[:2, 2]) / torch.diagonal(camera)[:2]
            place = torch.cat([slope * depth, depth[None]])
            place[:2] -= points[:, :2].mean(0)
        return place


class _ClosestMode:
    """The mixture's closest mode, as SMPLify rates poses."""

    def __init__(self, mixture: GaussianMixture):
        factors = np.linalg.cholesky(mixture.covariances)
        log_dets = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
        self._means = torch.tensor(mixture.means, dtype=torch.float32)
        self._whiteners = torch.tensor(np.linalg.inv(factors), dtype=torch.float32)
        offsets = log_dets - log_dets.min() - np.log(mixture.weights)
        self._offsets = torch.tensor(offsets, dtype=torch.float32)
        self.mean = torch.tensor(mixture.weights @ mixture.means, dtype=torch.float32)

    def __call__(self, pose: torch.Tensor) -> torch.Tensor:
        white = torch.einsum("kij,kj->ki", self._whiteners, pose - self._means)
        return (0.5 * white.square().sum(dim=1) + self._offsets).min()


def _minimize(loss, variables: list[torch.Tensor]) -> torch.Tensor:
    """Restarts L-BFGS every 30 steps until the loss hardly falls, and returns the last loss."""
    optimizer = torch.optim.LBFGS(variables, max_iter=_NUM_STEPS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    last = np.inf
    for _ in range(_MOST_RESTARTS):
        optimizer.step(closure)
        with torch.no_grad():
            value = loss()
        if not last - value.item() > _TOLERANCE * value.item():
            break
        last = value.item()
    return value


def _trunk(confidence: torch.Tensor) -> torch.Tensor:
    """The seen keypoints of the trunk, or all seen ones where those are too few."""
    names = KEYPOINT_NAMES["coco17"]
    rows = [row for row, name in enumerate(names) if name in _TRUNK and confidence[row] > 0]
    if len(rows) < _FEWEST:
        return torch.nonzero(confidence)[:, 0]
    return torch.tensor(rows)


def _matrices(turns: torch.Tensor) -> torch.Tensor:
    """Rodrigues' formula, `(N, 3)` to `(N, 3, 3)`."""
    angle = (turns.square().sum(dim=1) + 1e-16).sqrt()
    x, y, z = (turns / angle[:, None]).unbind(dim=1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=1).reshape(-1, 3, 3)
    sine, cosine = angle.sin()[:, None, None], angle.cos()[:, None, None]
    return torch.eye(3) + sine * cross + (1 - cosine) * cross @ cross
