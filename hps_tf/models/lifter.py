"""Keypoints and a camera to people, and how unsure they are.

Convention: metres in OpenCV's camera frame, pixels of the image.
"""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.geometry import camera, translation
from hps_tf.geometry.spread import Spread
from hps_tf.models import evidence_frame
from hps_tf.models.evidence_frame import NUM_KEYPOINTS, EvidenceFrame
from hps_tf.models.lifting_module import NUM_SHAPE
from hps_tf.models.lifting_network import LiftedNumbers, LiftingNetwork
from hps_tf.models.prediction import Prediction


class LiftedPeople(NamedTuple):
    """People that keypoints show.

        lifted = lifter(keypoints_2d, confidence, intrinsics)

    Attributes:
      people: The people; their `pose_vector` is in 6D.
      spread: How unsure each is.
    """

    people: Prediction
    spread: Spread


class Lifter:
    """Lifts people from their keypoints.

        lifter = Lifter(lifting_file.read("lifting.npz"), hps_tf.body.load_default())
        people, spread = lifter(keypoints_2d, confidence, intrinsics)

    What is said of a person depends on the other people of the batch in nothing.

    Args:
      network: The network.
      body: The body model.

    Raises:
      ValueError: If the body has fewer shape components than the network gives.
    """

    def __init__(self, network: LiftingNetwork, body: BodyModel):
        if body.num_shape < NUM_SHAPE:
            raise ValueError(
                f"`body`: expected at least the network's {NUM_SHAPE} shape components, received"
                f" {body.num_shape}"
            )
        self.network = network
        self.body = body
        self._traced = tf.function(
            self.lift,
            input_signature=[
                tf.TensorSpec([None, NUM_KEYPOINTS, 2], tf.float32, "keypoints_2d"),
                tf.TensorSpec([None, NUM_KEYPOINTS], tf.float32, "confidence"),
                tf.TensorSpec([None, 3, 3], tf.float32, "intrinsics"),
            ],
            autograph=False,
        )

    def __call__(
        self, keypoints_2d: tf.Tensor, confidence: tf.Tensor, intrinsics: tf.Tensor
    ) -> LiftedPeople:
        """Lifts people; traced once for batches of any size.

        Args:
          keypoints_2d: `(B, 17, 2)` COCO keypoints, pixels; anything where the confidence is 0.
          confidence: `(B, 17)` 0..1, 0 of what is missing.
          intrinsics: `(B, 3, 3)` of their cameras.

        Returns:
          The people. With no keypoint at all it is a likely one, 5 m ahead.
        """
        return self._traced(
            *(tf.cast(each, tf.float32) for each in (keypoints_2d, confidence, intrinsics))
        )

    def lift(
        self, keypoints_2d: tf.Tensor, confidence: tf.Tensor, intrinsics: tf.Tensor
    ) -> LiftedPeople:
        """The same as operations of the caller's graph; differentiable.

        Args:
          keypoints_2d: As above, float32.
          confidence: As above.
          intrinsics: As above.
        """
        frame = evidence_frame.observe(keypoints_2d, confidence, intrinsics)
        numbers = self.network.from_both_sides(frame.inputs())
        local = numbers.rotation_matrices
        root = tf.matmul(frame.turn, local[:, 0])
        rotations = tf.concat([root[:, tf.newaxis], local[:, 1:]], axis=1)
        shape = tf.pad(numbers.shape, [[0, 0], [0, self.body.num_shape - NUM_SHAPE]])
        spread = _spread(numbers, frame, intrinsics)

        keypoints = self.body.keypoints("coco17", rotation_matrices=rotations, shape=shape)
        # Losses of where a body stands must not teach how unsure keypoints are.
        log_variances = tf.stop_gradient(numbers.log_variances["keypoints"])
        certainty = frame.confidence * tf.exp(-log_variances)
        shift = translation.from_perspective(keypoints, keypoints_2d, certainty, intrinsics)
        vertices, joints = self.body(rotation_matrices=rotations, shape=shape, translation=shift)
        keypoints += shift[:, tf.newaxis]
        projected = camera.project(keypoints, intrinsics)
        people = Prediction(
            rotations, shape, shift, vertices, joints, keypoints, projected, numbers.pose_vector
        )
        return LiftedPeople(people, spread)


def _spread(numbers: LiftedNumbers, frame: EvidenceFrame, intrinsics: tf.Tensor) -> Spread:
    """Turns log-variances in the evidence's frame into standard deviations before the camera."""
    deviations = {name: tf.exp(0.5 * value) for name, value in numbers.log_variances.items()}
    half_size = frame.half_size[:, tf.newaxis]
    # How slopes before the camera change with those before the virtual one, in its middle.
    turn = frame.turn
    across, ahead = turn[:, :2], turn[:, 2:]
    slopes = across[..., 2:] / ahead[..., 2:]
    jacobian = (across[..., :2] - slopes * ahead[..., :2]) / ahead[..., 2:]
    slope_deviations = half_size * deviations["place"][:, :2]
    place = tf.sqrt(tf.linalg.matvec(tf.square(jacobian), tf.square(slope_deviations)))
    # Its determinant is the inverse of the cube of the ray's cosine.
    focal = tf.sqrt(intrinsics[:, 0, 0] * intrinsics[:, 1, 1])
    pixels = (focal * ahead[:, 0, 2] ** -1.5)[:, tf.newaxis]
    return Spread(
        pose=deviations["pose"],
        root=deviations["root"],
        place=tf.concat([place, deviations["place"][:, 2:]], axis=1),
        shape=deviations["shape"],
        keypoints=pixels * half_size * deviations["keypoints"],
    )
