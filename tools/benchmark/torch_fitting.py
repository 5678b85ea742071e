"""The objective of `hps_tf.fitting` in eager PyTorch, one person at a time, as in SMPLify's codes.

It covers what is compared: an image, the 24 joints as keypoints, a Gaussian's latents over 6D
rotations, a body without pose blend shapes. Its skeleton is posed level by level, and the gradient
of the alignment passes through the nearest pairs alone: faster than those codes, to be fair.

To be imported after `pytorch.prepare`.
"""

import itertools
from collections.abc import Callable

import numpy as np
import torch

from hps_tf.body.body_data import BodyData
from hps_tf.body.parts import NUM_PARTS
from hps_tf.body.skeleton import NUM_JOINTS, PARENTS
from hps_tf.fitting import Weights
from hps_tf.fitting.fit_problem import FitProblem
from hps_tf.fitting.windows import Parts
from hps_tf.geometry import camera

_NUM_SHAPE = 10  # As many as `Fitter` fits.
_NUM_HANDS = 2
_NEAR = 0.2  # As in `hps_tf.fitting.view`.
_ROTATION_UNIT, _SLOPE_UNIT, _LOG_DEPTH_UNIT = 0.5, 0.1, 0.1  # As in its `body_variables`.
_HISTORY = 10


class TorchObjective:
    """The loss of one person, counted from one start.

    Args:
      data: The body.
      problems: The problems that our fitter minimises, with a latent Gaussian.
      row: Which of the problems.
      weights: The weight of each term.
    """

    def __init__(self, data: BodyData, problems: FitProblem, row: int, weights: Weights):
        windows = problems.windows
        confidence = windows.confidence[row, 0]
        self._weights = weights
        self._body = Body(data)
        self._mean, self._root = (_tensor(part) for part in problems.shared.parameters)
        self._anchor_rotation = _tensor(windows.anchors.rotation[row, 0])
        self._anchor = _tensor(windows.anchors.translation[row, 0])
        self._keypoints = _tensor(windows.keypoints[row, 0])
        self._shares = _tensor(confidence / confidence.sum())
        self._intrinsics = _tensor(windows.intrinsics[row, 0])
        self._pixel_size = float(windows.pixel_size[row, 0])
        self._parts = _PartMap(data.vertex_parts, windows.parts, row) if windows.parts else None

    def __call__(self, variables: torch.Tensor) -> torch.Tensor:
        """Gives the loss of `(size,)` variables."""
        latent, turn, move, shape = variables.split([len(self._mean), 6, 3, _NUM_SHAPE])
        root = self._anchor_rotation + _ROTATION_UNIT * turn
        body = (self._mean + latent @ self._root).reshape(-1, 6)
        hands = torch.eye(3).expand(_NUM_HANDS, 3, 3)
        rotations = torch.cat([_from_6d(torch.cat([root[None], body])), hands])
        depth = self._anchor[2] * torch.exp(_LOG_DEPTH_UNIT * move[2])
        slopes = self._anchor[:2] / self._anchor[2] + _SLOPE_UNIT * move[:2]
        translation = torch.cat([slopes * depth, depth[None]])
        motions = self._body.motions(rotations, shape)

        seen = self._project(motions[:, :3, 3] + translation)
        squares = (self._pixel_size * (seen - self._keypoints)).square().sum(dim=1)
        loss = self._weights.keypoints * (self._shares * squares).sum()
        loss = loss + self._weights.prior * 0.5 * latent.square().sum()
        loss = loss + self._weights.shape * shape.square().sum()
        if self._parts is not None:
            vertices = self._project(self._body.vertices(motions, shape) + translation)
            loss = loss + self._weights.alignment * self._parts.distance(vertices)
        return loss

    def value_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Gives the loss of `(size,)` variables and its gradient."""
        variables = torch.tensor(x, dtype=torch.float32, requires_grad=True)
        loss = self(variables)
        (gradient,) = torch.autograd.grad(loss, variables)
        return loss.item(), gradient.numpy()

    def _project(self, points: torch.Tensor) -> torch.Tensor:
        z = points[:, 2:]
        z = torch.where(z < _NEAR, _NEAR * torch.exp(z.clamp(max=_NEAR) / _NEAR - 1.0), z)
        return (points[:, :2] / z) @ self._intrinsics[:2, :2].T + self._intrinsics[:2, 2]


class Body:
    """The body, in the native pose of its file."""

    def __init__(self, data: BodyData):
        self._template = _tensor(data.template)
        self._shapedirs = _tensor(data.shapedirs[..., :_NUM_SHAPE])
        self._skinning = _tensor(data.weights)
        self._rest_rotations = _tensor(data.rest_rotations)
        self._joints = _tensor(data.template_joints)
        self._joint_shapedirs = _tensor(data.joint_shapedirs[..., :_NUM_SHAPE])
        self._bones = self._in_t_pose(self._joints[..., None])
        self._bone_shapedirs = self._in_t_pose(self._joint_shapedirs)
        self._levels, self._parents, self._order = _levels()

    def motions(self, rotations: torch.Tensor, shape: torch.Tensor) -> torch.Tensor:
        """Multiplies `(24, 3, 3)` local rotations and bones along the tree, `(24, 4, 4)`."""
        bones = self._bones + (self._bone_shapedirs @ shape)[..., None]
        last = torch.tensor([0.0, 0.0, 0.0, 1.0]).expand(NUM_JOINTS, 1, 4)
        local = torch.cat([torch.cat([rotations, bones], dim=2), last], dim=1)
        motions = [local[:1]]
        for joints, parents in zip(self._levels, self._parents, strict=True):
            motions.append(motions[-1][parents] @ local[joints])
        return torch.cat(motions)[self._order]

    def vertices(self, motions: torch.Tensor, shape: torch.Tensor) -> torch.Tensor:
        """Skins the body, `(V, 3)`."""
        rotations = motions[:, :3, :3] @ self._rest_rotations
        rest_joints = self._joints + self._joint_shapedirs @ shape
        moves = motions[:, :3, 3:] - rotations @ rest_joints[..., None]
        rows = torch.cat([rotations, moves], dim=2).reshape(NUM_JOINTS, 12)
        blended = (self._skinning @ rows).reshape(-1, 3, 4)
        rest = self._template + self._shapedirs @ shape
        return (blended[..., :3] @ rest[..., None])[..., 0] + blended[..., 3]

    def carried(
        self, joint: int, points: np.ndarray, shapedirs: np.ndarray
    ) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
        """Makes the function of motions and shape that gives points fixed to a joint, `(P, 3)`."""
        rest, displaced = _tensor(points), _tensor(shapedirs[..., :_NUM_SHAPE])

        def move(motions: torch.Tensor, shape: torch.Tensor) -> torch.Tensor:
            pivot = self._joints[joint] + self._joint_shapedirs[joint] @ shape
            rotation = motions[joint, :3, :3] @ self._rest_rotations[joint]
            return (rest + displaced @ shape - pivot) @ rotation.T + motions[joint, :3, 3]

        return move

    def _in_t_pose(self, joints: torch.Tensor) -> torch.Tensor:
        """Bones `(24, 3, n)` of joints at rest, turned by the rest rotation of their parent."""
        above = list(PARENTS[1:])
        bones = self._rest_rotations[above] @ (joints[1:] - joints[above])
        return torch.cat([joints[:1], bones])


class _PartMap:
    """The pixels of a person's parts, and the vertices that should cover them."""

    def __init__(self, vertex_parts: np.ndarray, parts: Parts, row: int):
        labels = np.asarray(parts.pixels.part_labels[row, 0])
        corners = np.array([[0.0, 0.0], [1.0, 1.0]], np.float32)
        origin, one = camera.crop_points(corners, parts.boxes[row, 0], labels.shape).numpy()
        self._offset, self._scale = _tensor(origin), _tensor(one - origin)
        self._pixel_size = float(parts.pixel_size[row, 0])
        self._pairs = []
        for part in range(1, NUM_PARTS + 1):
            pixels = np.argwhere(labels == part)[:, ::-1]
            members = np.flatnonzero(vertex_parts == part)
            if len(pixels) and len(members):
                self._pairs.append((_tensor(pixels), torch.from_numpy(members)))

    def distance(self, seen: torch.Tensor) -> torch.Tensor:
        """The mean over parts of mean distances both ways, from vertices seen at `(V, 2)`."""
        in_map = self._scale * seen + self._offset
        total = in_map.new_zeros(())
        for pixels, members in self._pairs:
            vertices = in_map[members]
            with torch.no_grad():
                distances = torch.cdist(pixels, vertices)
                of_pixels, of_vertices = distances.argmin(dim=1), distances.argmin(dim=0)
            total = total + torch.linalg.vector_norm(pixels - vertices[of_pixels], dim=1).mean()
            total = total + torch.linalg.vector_norm(pixels[of_vertices] - vertices, dim=1).mean()
        return self._pixel_size * total / NUM_PARTS


def minimize(
    objective: TorchObjective, start: np.ndarray, see: Callable[[float, np.ndarray], None]
) -> None:
    """Minimizes by PyTorch's L-BFGS with a line search for the strong Wolfe conditions.

    Args:
      objective: The objective.
      start: `(size,)` variables to start from.
      see: Called with every loss and its variables; ends the search by raising an error.
    """
    variables = torch.tensor(start, dtype=torch.float32, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [variables], max_iter=1000, history_size=_HISTORY, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = objective(variables)
        loss.backward()
        see(loss.item(), variables.detach().numpy())
        return loss

    optimizer.step(closure)


def _levels() -> tuple[list[list[int]], list[list[int]], list[int]]:
    """Cuts the tree into levels.

    Returns:
      The joints of each level under the root, the places of their parents one level up, and the
      places of all joints among the levels put together.
    """
    levels = [[0]]
    while sum(map(len, levels)) < NUM_JOINTS:
        levels.append([joint for joint, parent in enumerate(PARENTS) if parent in levels[-1]])
    parents = [
        [above.index(PARENTS[joint]) for joint in level]
        for above, level in itertools.pairwise(levels)
    ]
    order = np.argsort(np.concatenate(levels))
    return levels[1:], parents, order.tolist()


def _from_6d(rotation_6d: torch.Tensor) -> torch.Tensor:
    """Gram-Schmidt, `(N, 6)` to `(N, 3, 3)` matrices."""
    first, second = rotation_6d[:, :3], rotation_6d[:, 3:]
    x = torch.nn.functional.normalize(first, dim=1)
    y = torch.nn.functional.normalize(second - (x * second).sum(dim=1, keepdim=True) * x, dim=1)
    return torch.stack([x, y, torch.linalg.cross(x, y)], dim=2)


def _tensor(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(array, np.float32))
