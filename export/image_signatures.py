"""The signatures that find one person in each image.

  predict         images (B, S, S, 3) float32 in 0..1, intrinsics (B, 3, 3) float32 pixels
  predict_uint8   the same with images uint8 in 0..255
  predict_jpeg    jpeg (B,) encoded photographs of any size, JPEG or PNG,
                  boxes (B, 4) float32 left, top, width, height around a person, pixels; all 0: not
                  known, networks over MoveNet find the likeliest person, others see the largest
                  square in the middle of the photograph, as they do where nobody is found,
                  intrinsics (B, 3, 3) float32 of the photographs; all 0: not known, the focal
                  length is taken to be the photograph's diagonal

All answer, for the person of each image,

  pose            (B, 24, 3) float32 axis-angle, radians; the root's turns into the camera frame
  shape           (B, num_shape) float32
  translation     (B, 3) float32 metres
  joints          (B, 24, 3) float32 metres in the camera frame (x right, y down, z forward)
  vertices        (B, V, 3) float32 metres in the camera frame
  keypoints_2d    (B, 17, 2) float32 detected COCO keypoints, pixels of what was sent
  confidence      (B, 17) float32 theirs, 0..1
  part_labels     (B, h, h) uint8 likeliest part at each place of what the network saw, 0 background

and predict_jpeg also `boxes` (B, 4), the squares that the network saw, and `intrinsics` (B, 3, 3),
the cameras of the photographs, float32. A camera's intrinsics are those of the images sent: for a
crop, the crop's.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from export import example_people, input_checks, photographs
from export.served_weights import ServedWeights
from export.signature import Answer, Request, Signature
from hps_tf.body import BodyModel
from hps_tf.data.images.person_crop import encode_jpeg
from hps_tf.detection import Detector
from hps_tf.geometry import camera
from hps_tf.models import ImagePrediction, Predictor, saved_model

Predict = Callable[[tf.Tensor, tf.Tensor], ImagePrediction]
"""Predicts the person in each of `(B, S, S, 3)` images of `(B, 3, 3)` cameras."""

_LEAST, _MOST = -0.01, 1.01  # Resampled images leave 0..1 a little.


def predicting(predictor: Predictor, weights: ServedWeights) -> Predict:
    """Makes the function in the graphs of all signatures that predict, traced once.

    Args:
      predictor: The network with its body.
      weights: Those of the network and its prior.
    """
    size = predictor.network.options.image_size

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, size, size, 3), tf.float32),
            tf.TensorSpec((None, 3, 3), tf.float32),
        ],
        autograph=False,
    )
    def predict(images: tf.Tensor, intrinsics: tf.Tensor) -> ImagePrediction:
        with weights.in_use():
            return predictor.predict(images, intrinsics)

    return predict


def signatures(
    predict_people: Predict, size: int, weights: ServedWeights, detector: Detector | None = None
) -> dict[str, Signature]:
    """Makes the functions to serve; none needs XLA, which servers run only with a flag.

    Args:
      predict_people: Made by `predicting`.
      size: S.
      weights: Those of the detector, among others.
      detector: The detector of people.

    Returns:
      `tf.function`s by signature name.
    """
    shape = (None, size, size, 3)
    intrinsics_spec = tf.TensorSpec((None, 3, 3), tf.float32, "intrinsics")

    def found(images: tf.Tensor, intrinsics: tf.Tensor) -> Answer:
        return saved_model.answer(predict_people(images, intrinsics))

    @tf.function(
        input_signature=[tf.TensorSpec(shape, tf.float32, "images"), intrinsics_spec],
        autograph=False,
    )
    def predict(images: tf.Tensor, intrinsics: tf.Tensor) -> Answer:
        images = checked_images(images, size)
        return found(images, checked_intrinsics(intrinsics, images))

    @tf.function(
        input_signature=[tf.TensorSpec(shape, tf.uint8, "images"), intrinsics_spec],
        autograph=False,
    )
    def predict_uint8(images: tf.Tensor, intrinsics: tf.Tensor) -> Answer:
        images = input_checks.shaped("images", images, shape)
        images = tf.cast(images, tf.float32) / 255.0
        return found(images, checked_intrinsics(intrinsics, images))

    @tf.function(
        input_signature=[
            tf.TensorSpec((None,), tf.string, "jpeg"),
            tf.TensorSpec((None, 4), tf.float32, "boxes"),
            intrinsics_spec,
        ],
        autograph=False,
    )
    def predict_jpeg(jpeg: tf.Tensor, boxes: tf.Tensor, intrinsics: tf.Tensor) -> Answer:
        with weights.in_use():
            seen = photographs.crops(jpeg, boxes, intrinsics, size, detector)
        answer = found(
            seen.images, camera.crop_intrinsics(seen.intrinsics, seen.boxes, (size, size))
        )
        answer["keypoints_2d"] = camera.uncrop_points(
            answer["keypoints_2d"], seen.boxes, (size, size)
        )
        return answer | {"boxes": seen.boxes, "intrinsics": seen.intrinsics}

    return {"predict": predict, "predict_uint8": predict_uint8, "predict_jpeg": predict_jpeg}


def checked_images(images: tf.Tensor, size: int) -> tf.Tensor:
    """Gives `(B, S, S, 3)` images, finite and in 0..1."""
    images = input_checks.shaped("images", images, (None, size, size, 3))
    # Comparisons with NaN are false.
    is_inside = tf.reduce_all((images >= _LEAST) & (images <= _MOST), axis=(1, 2, 3))
    return input_checks.all_items(images, is_inside, "`images`: expected finite numbers in 0..1")


def checked_intrinsics(intrinsics: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """Gives the intrinsics of as many cameras as images."""
    intrinsics = input_checks.shaped("intrinsics", intrinsics, (None, 3, 3))
    intrinsics = input_checks.same_batch({"images": images, "intrinsics": intrinsics})[1]
    return input_checks.cameras("intrinsics", intrinsics)


def requests(body: BodyModel, size: int, photographs: np.ndarray) -> dict[str, Request]:
    """Makes a request to each signature, and to `refine`, of pictures of people.

    Args:
      body: Of the people.
      size: S.
      photographs: `(N, H, W, 3)` uint8 pictures of a person each. One is sent without a box, as the
        first, and once more with one.
    """
    pixels = example_people.pictures(body, (size, size), len(photographs) + 1)
    middle = (size - 1) / 2
    camera_of_crop = [[1.5 * size, 0, middle], [0, 1.5 * size, middle], [0, 0, 1]]
    intrinsics = np.tile(np.array(camera_of_crop, np.float32), (len(pixels), 1, 1))
    as_floats: Request = {"images": (pixels / 255.0).astype(np.float32), "intrinsics": intrinsics}
    height, width = photographs.shape[1:3]
    encoded = [encode_jpeg(photograph) for photograph in photographs]
    boxes = np.zeros((len(pixels), 4), np.float32)
    boxes[1:] = (0.2 * width, 0.05 * height, 0.6 * width, 0.9 * height)
    return {
        "predict": as_floats,
        "predict_uint8": {"images": pixels, "intrinsics": intrinsics},
        "predict_jpeg": {
            "jpeg": np.array([encoded[0], *encoded]),
            "boxes": boxes,
            "intrinsics": np.zeros_like(intrinsics),
        },
        "refine": as_floats,
    }
