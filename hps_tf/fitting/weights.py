"""The weights of a fit's terms (Zanfir et al. 2020, Eq. 11), in one place.

Pixels here are those of a person seen 256 pixels large: distances are divided
by the side of the square around the person's keypoints, enlarged by a quarter. One set of weights
so serves people near and far.
"""

import math
from typing import NamedTuple

#: Side of the square around a person, in the weights' pixels.
REFERENCE_SIZE = 256.0


class Weights(NamedTuple):
    """The weight of each term of the objective.

        result = hps_tf.fitting.fit(evidence, weights=Weights(prior=2.0))

    The more exact the evidence, the less the prior should count. Keypoints that are off by s pixels
    along x and y call for a prior's weight of about s² / 9 (the likelihood of 17 keypoints is
    17 L_KA / (2 s²)); the default suits detections off by 2 or 3, exact keypoints want 0.01.

    Attributes:
      keypoints: L_KA, the mean over keypoints of squared distances, pixels².
      alignment: L_BA (Eq. 7), the mean over parts of mean distances both ways, pixels.
      prior: L_ψ, the energy of the pose, nats (Eq. 5 and 6).
      shape: ‖β‖².
      smoothness: L_smooth (Eq. 12) of a video, over the prior's weight: the paper's is 50.
      outlier: Pixels at which a keypoint's error saturates (Geman-McClure); infinite: never.
      truncation: Pixels above which a distance of L_BA stops growing and pulling; infinite: never.
        Parts that are hidden or mislabelled call for some 8.
      expected: The quadratic about expected bodies, in place of prior and shape, over the weight
        that follows from the deviations predicted of the keypoints (`expected.pull`).
    """

    keypoints: float = 1.0
    alignment: float = 1.0
    prior: float = 0.3
    shape: float = 0.3
    smoothness: float = 50.0
    outlier: float = math.inf
    truncation: float = math.inf
    expected: float = 1.0


DEFAULT_WEIGHTS = Weights()
