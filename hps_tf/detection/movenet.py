"""MoveNet, Google's keypoint networks: MobileNetV2, a feature pyramid and CenterNet's heads.

Thunder finds the keypoints of one person in a crop; MultiPose finds several people in a whole
image. Both predict maps at stride 4 ("Objects as Points", Zhou et al. 2019, §6.2: centres, fields
from a centre to its keypoints, heatmaps of keypoints, offsets within a pixel of the map);
`hps_tf.detection.single_pose` and `multi_pose` read people from them.

Convention: row before column in the fields and offsets, in pixels of the map.
"""

import keras

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.detection import mobile_net
from hps_tf.detection.doubling import Doubling

STRIDE = 4
"""Pixels of the image to one of the maps."""

THUNDER_SIZE = 256
NUM_KEYPOINTS = len(COCO17_NAMES)

PYRAMID_CHANNELS = {16: 64, 8: 32, 4: 24}
HEAD_CHANNELS = 96

#: Maps and their channels.
THUNDER_HEADS = {
    "centers": 1,
    "fields": 2 * NUM_KEYPOINTS,
    "heatmaps": NUM_KEYPOINTS,
    "offsets": 2 * NUM_KEYPOINTS,
}
MULTIPOSE_HEADS = THUNDER_HEADS | {"box_offsets": 2, "box_sizes": 2}

IMAGE_SCALE = 0.007843017578125
"""2 / 255 in float16, by which the networks were trained to scale images to -1..1."""


def thunder() -> keras.Model:
    """Builds MoveNet Thunder, without weights.

    Returns:
      A model from `image` (B, 256, 256, 3), values 0..255, to a dictionary of float32 maps:
      `features` (B, 64, 64, 24), what the heads see; `heatmaps` (B, 64, 64, 17) and `centers`
      (B, 64, 64, 1), logits; `fields` and `offsets` (B, 64, 64, 34).
    """
    return _build(1.75, THUNDER_SIZE, THUNDER_HEADS, "thunder")


def multipose() -> keras.Model:
    """Builds MoveNet MultiPose, without weights.

    Returns:
      A model from `image` (B, H, W, 3), values 0..255, sides multiples of 32, to `thunder`'s maps
      at a quarter of the sides, and `box_offsets` and `box_sizes` (B, H/4, W/4, 2).
    """
    return _build(1.5, None, MULTIPOSE_HEADS, "multipose")


def _build(width: float, size: int | None, heads: dict[str, int], name: str) -> keras.Model:
    image = keras.Input((size, size, 3), name="image")
    x = keras.layers.Rescaling(IMAGE_SCALE, -1.0, name="rescale")(image)
    features = _pyramid(mobile_net.feature_maps(x, width))
    maps = {head: _head(features, channels, head) for head, channels in heads.items()}
    return keras.Model(image, {"features": features} | maps, name=name)


def _pyramid(maps: dict[int, keras.KerasTensor]) -> keras.KerasTensor:
    """Adds coarse features to finer ones, down to stride 4 (Lin et al. 2017, §3)."""
    x = keras.layers.Conv2D(PYRAMID_CHANNELS[16], 1, name="lateral32")(maps[32])
    for stride, channels in PYRAMID_CHANNELS.items():
        coarse = Doubling(name=f"up{stride}")(x)
        lateral = keras.layers.Conv2D(channels, 1, name=f"lateral{stride}")(maps[stride])
        x = keras.layers.Add(name=f"add{stride}")([coarse, lateral])
        next_channels = PYRAMID_CHANNELS.get(stride // 2, channels)
        x = _separable(x, next_channels, f"smooth{stride}")
    return x


def _head(features: keras.KerasTensor, channels: int, name: str) -> keras.KerasTensor:
    x = _separable(features, HEAD_CHANNELS, name)
    return keras.layers.Conv2D(channels, 1, name=name)(x)


def _separable(x: keras.KerasTensor, channels: int, name: str) -> keras.KerasTensor:
    x = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False, name=f"{name}_depthwise")(x)
    return keras.layers.Conv2D(channels, 1, activation="relu", name=f"{name}_pointwise")(x)
