"""The signatures that fit bodies, by L-BFGS inside the graph with a fixed number of evaluations.

  fit_keypoints        keypoints_2d (B, 17, 2) float32 COCO keypoints, pixels,
                       confidence (B, 17) float32, 0 where missing,
                       intrinsics (B, 3, 3) float32 of the images
  fit_keypoints_parts  these and part_labels (B, h, h) uint8 of 1 to 14, 0 background,
                       part_boxes (B, 4) float32 left, top, width, height that the maps cover in the
                       images; a map of background alone is a person without one
  refine               images (B, S, S, 3) float32 in 0..1, intrinsics (B, 3, 3) float32: what
                       `predict` finds, fitted to the keypoints and part maps that it found itself

All answer

  pose            (B, 24, 3) float32 axis-angle, radians; the root's turns into the camera frame
  shape           (B, num_shape) float32
  translation     (B, 3) float32 metres
  joints          (B, 24, 3) float32 metres in the camera frame (x right, y down, z forward)
  vertices        (B, V, 3) float32 metres in the camera frame
  keypoints_2d    (B, 17, 2) float32 the fitted body's keypoints, pixels
  loss            (B,) float32 of the objective (Eq. 11)
  valid           (B,) bool

An item that cannot be fitted (a keypoint that is not finite, none seen, no camera) is not `valid`
and answered with zeros, by `refine` with the network's body; the others of its batch are fitted as
if it were not there.
"""

import numpy as np
import tensorflow as tf

from export import image_signatures, input_checks
from export.served_weights import ServedWeights
from export.signature import Answer, Request, Signature
from hps_tf.body import BodyModel
from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.fitting.detections import sure_confidence, weights_for
from hps_tf.fitting.graph_fitter import GraphEvidence, GraphFit, GraphFitter
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.geometry import axis_angle, camera
from hps_tf.models import Predictor
from hps_tf.priors import PosePrior

NAMES = ("fit_keypoints", "fit_keypoints_parts", "refine")

_NUM_KEYPOINTS = len(COCO17_NAMES)
_KEYPOINT_CALLS, _ALIGNED_CALLS = 150, 50
_REFINING_CALLS = 50


def fits(
    body: BodyModel, prior: PosePrior, map_size: int, weights: ServedWeights
) -> dict[str, Signature]:
    """Makes the functions that fit bodies to keypoints and part maps.

    Args:
      body: The body model.
      prior: The pose prior.
      map_size: h.
      weights: The prior's among others.

    Returns:
      `tf.function`s by signature name.
    """
    fitter = GraphFitter(
        body, LatentPrior(prior), keypoint_calls=_KEYPOINT_CALLS, aligned_calls=_ALIGNED_CALLS
    )
    keypoint_specs = [
        tf.TensorSpec((None, _NUM_KEYPOINTS, 2), tf.float32, "keypoints_2d"),
        tf.TensorSpec((None, _NUM_KEYPOINTS), tf.float32, "confidence"),
        tf.TensorSpec((None, 3, 3), tf.float32, "intrinsics"),
    ]
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
            return _answer(fitter.fit(evidence))

    @tf.function(input_signature=keypoint_specs, autograph=False)
    def fit_keypoints(keypoints_2d, confidence, intrinsics):
        return fitted(keypoint_specs, keypoints_2d, confidence, intrinsics)

    @tf.function(input_signature=keypoint_specs + part_specs, autograph=False)
    def fit_keypoints_parts(keypoints_2d, confidence, intrinsics, part_labels, part_boxes):
        inputs = keypoints_2d, confidence, intrinsics, part_labels, part_boxes
        return fitted(keypoint_specs + part_specs, *inputs)

    return {"fit_keypoints": fit_keypoints, "fit_keypoints_parts": fit_keypoints_parts}


def refinement(predictor: Predictor, weights: ServedWeights) -> dict[str, Signature]:
    """Makes the function that predicts and fits: FS+OPT of Zanfir et al. 2020, Table 3.

    Args:
      predictor: The network with its body.
      weights: Those of the network and its prior.

    Returns:
      The `tf.function` by its signature name.
    """
    network, body = predictor.network, predictor.decoder.body
    size = network.options.image_size
    fitter = GraphFitter(
        body,
        LatentPrior(network.prior),
        weights_for(network),
        num_shape=body.num_shape,
        keypoint_calls=_REFINING_CALLS,
        aligned_calls=_REFINING_CALLS,
    )

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, size, size, 3), tf.float32, "images"),
            tf.TensorSpec((None, 3, 3), tf.float32, "intrinsics"),
        ],
        autograph=False,
    )
    def refine(images: tf.Tensor, intrinsics: tf.Tensor) -> Answer:
        images = image_signatures.checked_images(images, size)
        intrinsics = image_signatures.checked_intrinsics(intrinsics, images)
        with weights.in_use():
            people, detected, part_maps, _ = predictor.predict(images, intrinsics)
            evidence = GraphEvidence(
                detected.keypoints_2d,
                sure_confidence(detected.confidence),
                intrinsics,
                tf.cast(tf.argmax(part_maps, axis=-1), tf.uint8),
                tf.tile(tf.constant([[0.0, 0.0, size, size]]), [tf.shape(images)[0], 1]),
            )
            predicted = GraphFit(
                people.rotation_matrices,
                people.shape,
                people.translation,
                people.vertices,
                people.joints,
                people.keypoints_2d,
                tf.zeros_like(people.shape[:, 0]),
                tf.zeros_like(people.shape[:, 0], tf.bool),
            )
            return _answer(fitter.refine(evidence, *predicted[:3]).otherwise(predicted))

    return {"refine": refine}


def requests(body: BodyModel, prior: PosePrior, map_size: int, count: int, seed: int) -> dict:
    """Makes a request of `count` people to each signature of `fits`.

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
    maps = {
        "part_labels": labels,
        "part_boxes": np.tile(np.array([0, 0, 256, 256], np.float32), (count, 1)),
    }
    return {"fit_keypoints": by_keypoints, "fit_keypoints_parts": by_keypoints | maps}


def _answer(found: GraphFit) -> Answer:
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
