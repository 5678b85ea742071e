"""The signatures that fit bodies, inside the graph with a fixed number of steps.

  fit_keypoints        keypoints_2d (B, 17, 2) float32 COCO keypoints, pixels,
                       confidence (B, 17) float32, 0 where missing,
                       intrinsics (B, 3, 3) float32 of the images
  fit_keypoints_parts  these and part_labels (B, h, h) uint8 of 1 to 14, 0 background,
                       part_boxes (B, 4) float32 left, top, width, height that the maps cover in the
                       images; a map of background alone is a person without one
  refine               images (B, S, S, 3) float32 in 0..1, intrinsics (B, 3, 3) float32: what
                       `predict` finds, fitted to what it found itself, keypoints and, where the
                       network has no lifting module, part maps

All answer

  pose            (B, 24, 3) float32 axis-angle, radians; the root's turns into the camera frame
  shape           (B, num_shape) float32
  translation     (B, 3) float32 metres
  joints          (B, 24, 3) float32 metres in the camera frame (x right, y down, z forward)
  vertices        (B, V, 3) float32 metres in the camera frame
  keypoints_2d    (B, 17, 2) float32 the fitted body's keypoints, pixels
  loss            (B,) float32 of the objective (Eq. 11)
  valid           (B,) bool

Networks with a lifting module fit bodies about those that it makes of the keypoints, from these as
the one start, by 8 Levenberg-Marquardt steps, and also answer

  joint_std       (B, 24) float32 metres, how far each joint, seen from the pelvis, may be off

Other networks, and priors, fit to keypoints by L-BFGS from four starts.

An item that cannot be fitted (a keypoint that is not finite, none seen, a matrix that is no
camera's) is not `valid` and answered with zeros, by `refine` with the network's body; the others of
its batch are fitted as if it were not there.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from export import input_checks
from export.served_weights import ServedWeights
from export.signature import Answer, Request, Signature
from hps_tf.body import BodyModel
from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.fitting.expected import Expected
from hps_tf.fitting.graph_evidence import GraphEvidence, GraphFit
from hps_tf.fitting.graph_fitter import Begun, GraphFitter
from hps_tf.fitting.graph_refiner import GraphRefiner
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.geometry import axis_angle, camera
from hps_tf.models import Lifter
from hps_tf.priors import PosePrior

NAMES = ("fit_keypoints", "fit_keypoints_parts")

_NUM_KEYPOINTS = len(COCO17_NAMES)
_KEYPOINT_EVALUATIONS, _ALIGNED_EVALUATIONS = 150, 50
_KEYPOINT_SPECS = [
    tf.TensorSpec((None, _NUM_KEYPOINTS, 2), tf.float32, "keypoints_2d"),
    tf.TensorSpec((None, _NUM_KEYPOINTS), tf.float32, "confidence"),
    tf.TensorSpec((None, 3, 3), tf.float32, "intrinsics"),
]

Fit = Callable[[GraphEvidence], Answer]
"""Estimates bodies from the keypoints of B people, by operations of the caller's graph."""


def from_four_starts(body: BodyModel, prior: PosePrior, weights: ServedWeights) -> Fit:
    """Makes a function that fits bodies under a pose prior.

    What both signatures begin with is a function in the graph of each, traced once.
    """
    fitter = GraphFitter(
        body,
        LatentPrior(prior),
        keypoint_evaluations=_KEYPOINT_EVALUATIONS,
        aligned_evaluations=_ALIGNED_EVALUATIONS,
    )

    @tf.function(input_signature=_KEYPOINT_SPECS, autograph=False)
    def begin(keypoints: tf.Tensor, confidence: tf.Tensor, intrinsics: tf.Tensor) -> Begun:
        with weights.in_use():
            return fitter.begin(GraphEvidence(keypoints, confidence, intrinsics))

    def begin_with(evidence: GraphEvidence) -> Begun:
        return begin(evidence.keypoints, evidence.confidence, evidence.intrinsics)

    return lambda evidence: answer(fitter.fit(evidence, begin_with))


def about_lifted(lifter: Lifter) -> Fit:
    """Makes a function that fits bodies about those that a lifting module gives."""
    refiner = GraphRefiner(lifter.body, aligned_evaluations=_ALIGNED_EVALUATIONS)

    def fit(evidence: GraphEvidence) -> Answer:
        people, spread = lifter.lift(evidence.keypoints, evidence.confidence, evidence.intrinsics)
        about = Expected(people.rotation_matrices, people.shape, people.translation, spread)
        found, joint_std = refiner.refine(evidence, about)
        return answer(found) | {"joint_std": joint_std}

    return fit


def signatures(fit: Fit, map_size: int, weights: ServedWeights) -> dict[str, Signature]:
    """Makes the functions that fit bodies to keypoints and part maps.

    Args:
      fit: The fit that they compute.
      map_size: h.
      weights: Stored arrays, its own among them.

    Returns:
      `tf.function`s by signature name.
    """
    part_specs = [
        tf.TensorSpec((None, map_size, map_size), tf.uint8, "part_labels"),
        tf.TensorSpec((None, 4), tf.float32, "part_boxes"),
    ]

    def fitted(specs: list[tf.TensorSpec], *inputs: tf.Tensor) -> Answer:
        checked = {
            spec.name: input_checks.shaped(spec.name, tensor, tuple(spec.shape))
            for spec, tensor in zip(specs, inputs, strict=True)
        }
        evidence = GraphEvidence(*input_checks.same_batch(checked))
        with weights.in_use():
            return fit(evidence)

    @tf.function(input_signature=_KEYPOINT_SPECS, autograph=False)
    def fit_keypoints(keypoints_2d, confidence, intrinsics):
        return fitted(_KEYPOINT_SPECS, keypoints_2d, confidence, intrinsics)

    @tf.function(input_signature=_KEYPOINT_SPECS + part_specs, autograph=False)
    def fit_keypoints_parts(keypoints_2d, confidence, intrinsics, part_labels, part_boxes):
        inputs = keypoints_2d, confidence, intrinsics, part_labels, part_boxes
        return fitted(_KEYPOINT_SPECS + part_specs, *inputs)

    return {"fit_keypoints": fit_keypoints, "fit_keypoints_parts": fit_keypoints_parts}


def requests(
    body: BodyModel, prior: PosePrior, map_size: int, count: int, seed: int
) -> dict[str, Request]:
    """Makes a request of `count` people to each signature.

    They are the prior's poses as a camera sees them; the maps show squares of some parts.
    """
    rng = np.random.default_rng(seed)
    pose = prior.space.to_pose(prior.space.project(prior.sample(count, seed))).numpy()
    pose[:, 0] = (np.pi, 0.0, 0.0)
    place = np.tile(np.array([0.0, 0.2, 5.0], np.float32), (count, 1))
    camera_matrix = np.array([[500, 0, 128], [0, 500, 128], [0, 0, 1]], np.float32)
    intrinsics = np.tile(camera_matrix, (count, 1, 1))
    points = body.keypoints("coco17", pose=pose, translation=place)
    keypoints = camera.project(points, intrinsics).numpy()
    by_keypoints: Request = {
        "keypoints_2d": keypoints + rng.normal(size=keypoints.shape).astype(np.float32),
        "confidence": np.ones((count, _NUM_KEYPOINTS), np.float32),
        "intrinsics": intrinsics,
    }
    labels = np.zeros((count, map_size, map_size), np.uint8)
    labels[:, map_size // 4 : map_size // 2, map_size // 3 : map_size // 2] = 1
    maps: Request = {
        "part_labels": labels,
        "part_boxes": np.tile(np.array([0, 0, 256, 256], np.float32), (count, 1)),
    }
    return {"fit_keypoints": by_keypoints, "fit_keypoints_parts": by_keypoints | maps}


def answer(found: GraphFit) -> Answer:
    """Names fitted bodies as the signatures' outputs."""
    return {
        "pose": axis_angle.from_matrix(found.rotation_matrices),
        "shape": found.shape,
        "translation": found.translation,
        "joints": found.joints,
        "vertices": found.vertices,
        "keypoints_2d": found.keypoints_2d,
        "loss": found.loss,
        "valid": found.is_valid,
    }
