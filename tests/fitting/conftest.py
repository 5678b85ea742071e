"""People to fit, small enough for a test: few calls, a Gaussian prior that compiles fast."""

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.expected import Expected
from hps_tf.fitting.pose_variables import LatentGaussian
from hps_tf.geometry import axis_angle, camera
from hps_tf.geometry.spread import Spread
from hps_tf.rendering import part_labels, rasterize
from tests import loaded_once

MAP_SIZE = (48, 48)


@pytest.fixture(scope="session")
def body():
    return load_default(num_vertices=3000)


@pytest.fixture(scope="session")
def flow():
    return loaded_once.prior("cmu-6d-light")


@pytest.fixture(scope="session")
def gaussian(flow):
    return LatentGaussian(flow.references["gaussian"], flow.space)


class People:
    """Bodies before a camera and what is seen of them.

    Attributes:
      rotation_matrices: `(N, 24, 3, 3)`, `shape`: `(N, 16)`, `translation`: `(N, 3)`.
      joints: `(N, 24, 3)` in the camera frame.
      intrinsics: `(N, 3, 3)`.
    """

    def __init__(self, body, flow, count, seed=0):
        rng = np.random.default_rng(seed)
        pose = flow.space.to_pose(flow.space.project(flow.sample(count, seed))).numpy()
        upright = np.diag([1.0, -1.0, -1.0])
        self.rotation_matrices = axis_angle.to_matrix(tf.constant(pose)).numpy()
        for row, yaw in enumerate(rng.uniform(0, 2 * np.pi, count)):
            turn = axis_angle.to_matrix(tf.constant([0.0, yaw, 0.0], tf.float64)).numpy()
            self.rotation_matrices[row, 0] = upright @ turn
        self.shape = np.zeros((count, 16), np.float32)
        self.shape[:, :4] = rng.uniform(-1, 1, (count, 4))
        self.translation = rng.uniform([-0.2, -0.2, 4.5], [0.2, 0.2, 5.5], (count, 3))
        self.translation = self.translation.astype(np.float32)
        self.intrinsics = np.tile(
            np.array([[500, 0, 128], [0, 500, 128], [0, 0, 1]], np.float32), (count, 1, 1)
        )
        self._body = body
        self.vertices, self.joints = (part.numpy() for part in body(**self.arguments))

    @property
    def arguments(self):
        return {
            "rotation_matrices": self.rotation_matrices,
            "shape": self.shape,
            "translation": self.translation,
        }

    def evidence(self, keypoint_set="smpl24", with_parts=False, noise=0.0):
        points = self._body.keypoints(keypoint_set, **self.arguments)
        keypoints = camera.project(points, self.intrinsics).numpy()
        keypoints += noise * np.random.default_rng(1).normal(size=keypoints.shape)
        maps = {}
        if with_parts:
            maps = {
                "part_labels": self._part_labels(),
                "part_boxes": np.tile([0.0, 0.0, 256.0, 256.0], (len(keypoints), 1)),
            }
        confidence = np.ones(keypoints.shape[:2])
        return Evidence(keypoints, confidence, self.intrinsics, keypoint_set, **maps)

    def _part_labels(self):
        small = camera.crop_intrinsics(
            self.intrinsics, np.array([0, 0, 256, 256], np.float32), MAP_SIZE
        )
        raster = rasterize(self.vertices, self._body.faces, small.numpy(), MAP_SIZE)
        return part_labels(raster, self._body.face_parts)


@pytest.fixture(scope="session")
def people(body, flow):
    return People(body, flow, 6)


def joint_errors(result, joints):
    """Mean distances of joints seen from the pelvis, `(N,)` metres."""
    offsets = (result.joints_3d - result.joints_3d[:, :1]) - (joints - joints[:, :1])
    return np.linalg.norm(offsets, axis=2).mean(axis=1)


@pytest.fixture(scope="session")
def about(people):
    """Makes predictions of the people whose errors are as large as they say."""

    def make(keypoint_deviation=1.0, scale=1.0, num_keypoints=17, seed=3):
        rng = np.random.default_rng(seed)
        count = len(people.joints)
        spread = Spread(
            pose=np.full((count, 21, 3), 0.2 * scale, np.float32),
            root=np.full((count, 3), 0.2 * scale, np.float32),
            place=np.tile(np.float32([0.01, 0.01, 0.05]), (count, 1)) * scale,
            shape=np.full((count, 10), 0.5 * scale, np.float32),
            keypoints=np.full((count, num_keypoints), keypoint_deviation, np.float32),
        )

        def off(deviations):
            return (deviations * rng.normal(size=deviations.shape)).astype(np.float32)

        turns = np.zeros((count, 24, 3), np.float32)
        turns[:, 0], turns[:, 1:22] = off(spread.root), off(spread.pose)
        shape = people.shape.copy()
        shape[:, :10] += off(spread.shape)
        moves = off(spread.place)
        depth = people.translation[:, 2:] * np.exp(moves[:, 2:])
        slopes = people.translation[:, :2] / people.translation[:, 2:] + moves[:, :2]
        rotations = people.rotation_matrices @ axis_angle.to_matrix(turns).numpy()
        return Expected(rotations, shape, np.concatenate([slopes * depth, depth], 1), spread)

    return make
