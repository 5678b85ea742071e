"""Keypoints, the body lifted from them and the fit about it, with their standard deviations."""

import numpy as np

from hps_tf import priors, reconstruction
from hps_tf.body import BodyModel
from hps_tf.body.skeleton import KEYPOINT_NAMES
from hps_tf.detection import People
from hps_tf.geometry import camera
from hps_tf.visualization import Marks, contact_sheet, doubt, overlay, side_views
from hps_tf.visualization.gallery import varied_poses

_PRIOR = "cmu-6d-light"
_SIZE = (360, 300)
_FOCAL_LENGTH = 520.0
_DISTANCE = 3.6
_NOISE = 2.0
"""Standard deviation of the keypoints' errors, pixels."""

_HIDDEN = ("left_elbow", "left_wrist")
_PERSON = 2  # Of the poses that differ most: the hidden arm is behind the body.


def draw() -> np.ndarray:
    """Draws the figure: `(H, W, 3)` uint8 RGB."""
    reconstructor = reconstruction.load()
    body = reconstructor.body
    intrinsics = np.array(
        [[_FOCAL_LENGTH, 0, _SIZE[1] / 2], [0, _FOCAL_LENGTH, _SIZE[0] / 2], [0, 0, 1]], np.float32
    )
    rotations = _upright(body)
    place = np.array([[0.0, 0.0, _DISTANCE]], np.float32)
    keypoints = body.keypoints("coco17", rotation_matrices=rotations).numpy() + place[:, None]
    points = camera.project(keypoints, intrinsics).numpy()
    points += np.random.default_rng(0).normal(scale=_NOISE, size=points.shape)
    names = KEYPOINT_NAMES["coco17"]
    confidence = np.array([[0.0 if name in _HIDDEN else 0.9 for name in names]], np.float32)
    low, high = points[0].min(axis=0), points[0].max(axis=0)
    box = np.array([[*low, *(high - low)]], np.float32)
    found = People(box, points.astype(np.float32), confidence, np.ones(1, np.float32))
    lifted = reconstructor.lift(found, intrinsics[None])

    true = body(rotation_matrices=rotations, translation=place).vertices.numpy()
    pictures = [_views(body, true, intrinsics, Marks(points, confidence > 0, points, names), None)]
    captions = ["the true body; its left elbow and wrist were not found"]
    for refine, name in ((False, "lifted"), (True, "fit about the lifted body")):
        bodies = reconstructor.bodies(found, intrinsics[None], lifted, refine=refine)
        vertices = body(
            pose=bodies.pose, shape=bodies.shape, translation=bodies.translation
        ).vertices.numpy()
        pale = doubt.of_vertices(np.asarray(bodies.joint_std), body.vertex_parts)
        marks = Marks(points, confidence > 0, np.asarray(bodies.fitted_keypoints_2d), names)
        pictures.append(_views(body, vertices, intrinsics, marks, pale))
        std = 100 * np.asarray(bodies.joint_std)[0]
        captions.append(
            f"{name}; standard deviations: left wrist {std[20]:.0f} cm, right {std[21]:.0f} cm"
        )
    return contact_sheet(pictures, 1, captions=captions)


def _upright(body: BodyModel) -> np.ndarray:
    """A likely pose of the prior, turned to the camera, `(1, 24, 3, 3)`."""
    rotations = varied_poses(priors.load(_PRIOR), body, _PERSON + 1, seed=0)[-1:]
    rotations[:, 0] = np.diag([1.0, -1.0, -1.0])
    return rotations


def _views(
    body: BodyModel,
    vertices: np.ndarray,
    intrinsics: np.ndarray,
    marks: Marks,
    pale: np.ndarray | None,
) -> np.ndarray:
    """The person before the camera with keypoints, and from the side."""
    white = np.full((*_SIZE, 3), 255, np.uint8)
    front = overlay(white, vertices, body.faces, intrinsics, marks=marks, doubt=pale)
    side = side_views(vertices, body.faces, _SIZE[0], _SIZE[1], doubt=pale)
    return np.concatenate([front, side], axis=1)
