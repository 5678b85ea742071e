"""Bodies to test with, and SMPL's equations written as plainly as they can be."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hps_tf.body import BodyModel, default_body
from hps_tf.body.body_data import BodyData
from hps_tf.body.skeleton import JOINT_NAMES, PARENTS

Fields = dict[str, np.ndarray]


@pytest.fixture(scope="session")
def data() -> BodyData:
    return default_body.read(3000)


@pytest.fixture(scope="session")
def body(data: BodyData) -> BodyModel:
    return BodyModel(data)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def smpl_vertices() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Loper et al. 2015, Eq. 2-10, one vertex and one joint at a time."""

    def evaluate(fields: Fields, pose: np.ndarray, shape: np.ndarray, translation: np.ndarray):
        rotations = Rotation.from_rotvec(pose).as_matrix()
        shaped = fields["v_template"] + fields["shapedirs"][..., : len(shape)] @ shape
        joints = fields["J_regressor"] @ shaped
        bends = (rotations[1:] - np.eye(3)).ravel()
        bent = shaped + fields["posedirs"] @ bends

        parents = fields["kintree_table"][0]
        world = []
        for joint, rotation in enumerate(rotations):
            local = np.eye(4)
            local[:3, :3] = rotation
            parent = None if joint == 0 else world[parents[joint]]
            local[:3, 3] = joints[joint] - (0.0 if joint == 0 else joints[parents[joint]])
            world.append(local if parent is None else parent @ local)

        posed_joints = np.array([transform[:3, 3] for transform in world]) + translation
        motions = []
        for joint, transform in enumerate(world):
            from_rest = np.eye(4)
            from_rest[:3, 3] = -joints[joint]
            motions.append(transform @ from_rest)
        vertices = []
        for vertex, weights in zip(bent, fields["weights"], strict=True):
            blended = sum(w * motion for w, motion in zip(weights, motions, strict=True))
            vertices.append((blended @ np.append(vertex, 1.0))[:3] + translation)
        return np.array(vertices), posed_joints

    return evaluate


@pytest.fixture(scope="session")
def smpl_fields(data: BodyData) -> Callable[..., Fields]:
    """Makes up small bodies in SMPL's layout, with as many joints as SMPL, SMPL-H or SMPL-X."""

    def make(num_joints: int, num_shape: int = 10, num_vertices: int = 300) -> Fields:
        rng = np.random.default_rng(num_joints)
        joints = BodyModel(data).joints().numpy()[0].astype(np.float64)
        parents = list(PARENTS)
        if num_joints > 24:
            joints, parents = _with_fingers(joints, face_joints=num_joints - 52, rng=rng)
        # Vertices around the joints, tied to the nearest ones; a third of them on the head.
        near = np.concatenate([rng.integers(num_joints, size=200), np.full(100, 15)])
        template = joints[near] + rng.normal(0.0, 0.06, (num_vertices, 3))
        distances = np.linalg.norm(template[:, None] - joints, axis=-1)
        weights = np.exp(-(distances**2) / 0.004)
        weights[200:, 15] += 1.0
        regressor = np.exp(-(distances.T**2) / 0.001) + 1e-6
        return {
            "v_template": template,
            "shapedirs": rng.normal(0.0, 0.01, (num_vertices, 3, num_shape)),
            "posedirs": rng.normal(0.0, 0.01, (num_vertices, 3, 9 * (num_joints - 1))),
            "J_regressor": regressor / regressor.sum(axis=1, keepdims=True),
            "weights": weights / weights.sum(axis=1, keepdims=True),
            "kintree_table": np.array([[2**32 - 1, *parents[1:]], range(num_joints)], np.uint32),
            "f": rng.integers(num_vertices, size=(500, 3)).astype(np.uint32),
        }

    return make


def _with_fingers(
    joints: np.ndarray, face_joints: int, rng: np.random.Generator
) -> tuple[np.ndarray, list[int]]:
    positions, parents = list(joints[:22]), list(PARENTS[:22])
    head = JOINT_NAMES.index("head")
    for _ in range(face_joints):
        positions.append(joints[head] + rng.normal(0.0, 0.03, 3))
        parents.append(head)
    for wrist, outwards in ((20, 1.0), (21, -1.0)):
        for _finger in range(5):
            parent, position = wrist, joints[wrist] + rng.normal(0.0, 0.02, 3)
            for _bone in range(3):
                position = position + np.array([0.04 * outwards, 0.0, 0.0])
                positions.append(position)
                parents.append(parent)
                parent = len(positions) - 1
    return np.array(positions), parents
