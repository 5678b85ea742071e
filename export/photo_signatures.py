"""The signature that finds everybody in photographs; of networks with MoveNet and a lifting module.

  predict_photo   jpeg (B,) encoded photographs of any size, JPEG or PNG

It answers, for up to K = 10 people of each photograph, the likeliest first,

  boxes           (B, K, 4) float32 left, top, width, height, pixels of the photograph
  keypoints_2d    (B, K, 17, 2) float32 detected COCO keypoints, pixels of the photograph
  confidence      (B, K, 17) float32 theirs, 0..1
  score           (B, K) float32 how likely each is a person, 0..1
  pose, shape, translation, joints, vertices
                  (B, K, ...) float32 as below, fitted to the keypoints about what these suggest
  joint_std       (B, K, 24) float32 metres, how far each joint, seen from the pelvis, may be off
  valid           (B, K) bool whether the body could be fitted
  num_people      (B,) int32; all rows after these people are zero
  intrinsics      (B, 3, 3) float32 of the cameras that are supposed: the focal length is taken to
                  be the photograph's diagonal
"""

import numpy as np
import tensorflow as tf

from export import encoded_images, fit_signatures, input_checks, photographs
from export.photographs import MAX_PEOPLE
from export.served_weights import ServedWeights
from export.signature import Answer, Request, Signature
from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.data.images.person_crop import encode_jpeg
from hps_tf.detection import Detector, FoundPeople
from hps_tf.fitting.graph_evidence import GraphEvidence
from hps_tf.models import Lifter

NAMES = ("predict_photo",)

_NUM_KEYPOINTS = len(COCO17_NAMES)
_FOUND = FoundPeople(
    boxes=tf.TensorSpec((MAX_PEOPLE, 4)),
    keypoints=tf.TensorSpec((MAX_PEOPLE, _NUM_KEYPOINTS, 2)),
    confidence=tf.TensorSpec((MAX_PEOPLE, _NUM_KEYPOINTS)),
    score=tf.TensorSpec((MAX_PEOPLE,)),
    num_people=tf.TensorSpec((), tf.int32),
)
_OF_BODIES = ("pose", "shape", "translation", "joints", "vertices", "joint_std", "valid")


def signatures(detector: Detector, lifter: Lifter, weights: ServedWeights) -> dict[str, Signature]:
    """Makes the function to serve.

    Args:
      detector: Finds people and their keypoints.
      lifter: Makes bodies of keypoints.
      weights: Those of both.

    Returns:
      The `tf.function` by its signature name.
    """
    fit = fit_signatures.about_lifted(lifter)

    def find(jpeg: tf.Tensor) -> FoundPeople:
        pixels = encoded_images.decode(jpeg)
        return detector.find_people_in_graph(pixels, MAX_PEOPLE)

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, "jpeg")], autograph=False)
    def predict_photo(jpeg: tf.Tensor) -> Answer:
        jpeg = input_checks.shaped("jpeg", jpeg, (None,))
        intrinsics = photographs.default_intrinsics(encoded_images.sizes(jpeg))
        # Nothing is decoded before all is checked.
        with weights.in_use(), tf.control_dependencies([intrinsics]):
            found = tf.map_fn(
                find,
                tf.identity(jpeg),
                fn_output_signature=_FOUND,
                parallel_iterations=photographs.DECODED_AT_ONCE,
            )
            # Bodies are made of those alone who were found, all photographs' at once.
            is_taken = tf.range(MAX_PEOPLE) < found.num_people[:, tf.newaxis]
            places = tf.where(is_taken)
            bodies = fit(
                GraphEvidence(
                    tf.gather_nd(found.keypoints, places),
                    tf.gather_nd(found.confidence, places),
                    tf.gather(intrinsics, places[:, 0]),
                )
            )
        answer = {name: _by_place(bodies[name], places, is_taken) for name in _OF_BODIES}
        return answer | {
            "boxes": found.boxes,
            "keypoints_2d": found.keypoints,
            "confidence": found.confidence,
            "score": found.score,
            "num_people": found.num_people,
            "intrinsics": intrinsics,
        }

    return {"predict_photo": predict_photo}


def requests(pictures: np.ndarray) -> dict[str, Request]:
    """Makes a request: `(N, H, W, 3)` uint8 pictures of a person each, and one of nobody."""
    nobody = np.full_like(pictures[0], 128)
    encoded = [encode_jpeg(picture) for picture in (*pictures, nobody)]
    return {"predict_photo": {"jpeg": np.array(encoded)}}


def _by_place(values: tf.Tensor, places: tf.Tensor, is_taken: tf.Tensor) -> tf.Tensor:
    """Puts `(N, ...)` values of people at their `(N, 2)` places, zeros elsewhere: `(B, K, ...)`."""
    axes = tf.concat([tf.shape(is_taken), tf.shape(values)[1:]], axis=0)
    spread = tf.scatter_nd(places, values, tf.cast(axes, tf.int64))
    return tf.ensure_shape(spread, (None, MAX_PEOPLE, *values.shape[1:]))
