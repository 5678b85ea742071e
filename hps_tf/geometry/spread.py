"""How unsure a predicted person is.

Convention: standard deviations of independent normal errors. A rotation's error is the vector v of
R_true = R_predicted exp(v), radians; so it does not depend on the camera.
"""

from typing import NamedTuple

import tensorflow as tf


class Spread(NamedTuple):
    """Standard deviations of B people.

    Attributes:
      pose: `(B, 21, 3)` radians, of the rotations of joints 1 to 21.
      root: `(B, 3)` radians, of the rotation of joint 0.
      place: `(B, 3)` of the slopes x/z and y/z of the translation, and of the logarithm of z.
      shape: `(B, 10)`.
      keypoints: `(B, 17)` pixels along x and y each: how far the observed COCO keypoints are from
        the true ones. Of keypoints that were not observed it says nothing.
    """

    pose: tf.Tensor
    root: tf.Tensor
    place: tf.Tensor
    shape: tf.Tensor
    keypoints: tf.Tensor
