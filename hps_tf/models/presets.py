"""The sizes of the network."""

import dataclasses
from typing import Any

from hps_tf.priors import pose_space

LATENT = "latent"
POSE_OUTPUTS = (LATENT, *pose_space.names())

TRAINED, MOVENET = "trained", "movenet"
KEYPOINTS = (TRAINED, MOVENET)

CONVOLUTIONAL, LIFTING = "convolutional", "lifting"
POSES = (CONVOLUTIONAL, LIFTING)

BYTES, FAMILY = "bytes", "family"
BACKBONE_INPUTS = (BYTES, FAMILY)

_MOVENET_SIZES = {"image_size": 256, "feature_stride": 4, "map_stride": 4, "keypoint_stages": 1}


@dataclasses.dataclass(frozen=True)
class NetworkOptions:
    """Options of a staged network.

        options = dataclasses.replace(PRESETS["tiny"], image_size=128)

    Attributes:
      image_size: S, side of the square input in pixels.
      backbone: ``"plain"``, the name of a model of `keras.applications`, or of one registered by
        `hps_tf.models.register_backbone`.
      backbone_input: Input range of a model of `keras.applications`: ``"bytes"``, values 0..255, or
        ``"family"``, what its family's `preprocess_input` makes of them, as its pretrained weights
        expect.
      blocks: Width and depth of each block of the plain stack, with a pooling by 2 in between.
      feature_stride: Pixels of the image to one of the features.
      map_stride: The same for heatmaps and part maps; a divisor of `feature_stride`.
      feature_maps: Channels of the features.
      keypoint_stages: Stages of the keypoint module.
      keypoint_layers: Convolutions of each.
      keypoint_kernel: Their size; 3 in the first stage.
      part_layers: Convolutions of the part module.
      part_kernel: Their size.
      pose_stages: N of the pose module.
      pose_stride: Pixels of heatmaps and part maps to one of the pose module's maps.
      pose_layers: Large convolutions of each of its stages.
      pose_kernel: Their size.
      pose_maps: Their channels.
      output_maps: Channels of each stage's last convolution, which the next stage sees.
      residual: Whether the large convolutions of all stages add to their input, and heatmaps and
        part maps, which are nearly zero nearly everywhere, are brought to the scale of features
        before. The paper's network does neither; short trainings learn poses faster so.
      pose_output: ``"latent"``: latents of the flow; or a pose space, ``"6d"``, ``"axis_angle"``.
      prior: Name or file of the pose prior, whose latents they are.
      keypoints: ``"trained"``: backbone and keypoint module as above; ``"movenet"``: those of
        `hps_tf.detection`'s Thunder, frozen, with `hps_tf.models.part_pyramid` as part module.
      pose: ``"convolutional"``: the paper's, which sees heatmaps and part maps; ``"lifting"``:
        `hps_tf.models.lifting_module`, which sees keypoints and cameras.
      lifting_width: Units of every layer of the lifting module.
      lifting_blocks: Its residual blocks.

    Raises:
      ValueError: If sizes and strides do not fit together or an output is unknown.
    """

    image_size: int
    feature_stride: int
    map_stride: int
    feature_maps: int
    keypoint_stages: int
    keypoint_layers: int
    keypoint_kernel: int
    part_layers: int
    part_kernel: int
    pose_stages: int
    pose_stride: int
    pose_layers: int = 5
    pose_kernel: int = 7
    pose_maps: int = 128
    output_maps: int = 32
    residual: bool = False
    pose_output: str = LATENT
    prior: str = "cmu-6d-light"
    backbone: str = "plain"
    backbone_input: str = "bytes"
    blocks: tuple[tuple[int, int], ...] = ()
    keypoints: str = TRAINED
    pose: str = CONVOLUTIONAL
    lifting_width: int = 0
    lifting_blocks: int = 0

    def __post_init__(self):
        known_values = {
            "keypoints": KEYPOINTS, "pose": POSES, "backbone_input": BACKBONE_INPUTS
        }  # fmt: skip
        for name, known in known_values.items():
            if getattr(self, name) not in known:
                raise ValueError(
                    f"`{name}`: expected one of {', '.join(known)}, received"
                    f" {getattr(self, name)!r}"
                )
        if self.pose_output not in POSE_OUTPUTS:
            raise ValueError(
                f"`pose_output`: expected one of {', '.join(POSE_OUTPUTS)}, received"
                f" {self.pose_output!r}"
            )
        if self.feature_stride % self.map_stride:
            raise ValueError(
                "`map_stride`: expected a divisor of `feature_stride`"
                f" {self.feature_stride}, received"
                f" {self.map_stride}"
            )
        coarsest = max(self.feature_stride, self.map_stride * self.pose_stride)
        if self.image_size % coarsest or self.image_size % self.feature_stride:
            raise ValueError(
                f"`image_size`: expected a multiple of {coarsest}, received {self.image_size}"
            )
        if self.keypoints == MOVENET:
            self._check("movenet", _MOVENET_SIZES)
        elif self.backbone == "plain" and self.feature_stride != 2 ** (len(self.blocks) - 1):
            raise ValueError(
                f"`blocks`: expected {self.feature_stride.bit_length()} for a stride of"
                f" {self.feature_stride}, received {len(self.blocks)}"
            )
        if self.pose == LIFTING:
            self._check("lifting", {"pose_output": "6d", "pose_stages": 1})
            for name in ("lifting_width", "lifting_blocks"):
                if getattr(self, name) < 1:
                    raise ValueError(
                        f"`{name}`: expected a number above 0, received {getattr(self, name)!r}"
                    )

    def _check(self, kind: str, expected: dict[str, Any]) -> None:
        for name, value in expected.items():
            if getattr(self, name) != value:
                raise ValueError(
                    f"`{name}`: expected {value!r} with {kind}, received {getattr(self, name)!r}"
                )

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "NetworkOptions":
        """Makes options from what `dataclasses.asdict` gives, also after a round trip by JSON."""
        return cls(**{**fields, "blocks": tuple(tuple(block) for block in fields["blocks"])})

    def replaced(self, **changes: Any) -> "NetworkOptions":
        """The options with some replaced."""
        return dataclasses.replace(self, **changes)

    @property
    def map_size(self) -> int:
        """Side of heatmaps and part maps."""
        return self.image_size // self.map_stride


PRESETS = {
    # The first layers of VGG-19 and the stages of convolutional pose machines, as in the paper.
    "paper": NetworkOptions(
        image_size=368,
        blocks=((64, 2), (128, 2), (256, 4), (512, 2)),
        feature_stride=8,
        map_stride=8,
        feature_maps=128,
        keypoint_stages=6,
        keypoint_layers=5,
        keypoint_kernel=7,
        part_layers=5,
        part_kernel=7,
        pose_stages=6,
        pose_stride=1,
    ),
    "small": NetworkOptions(
        image_size=128,
        blocks=((16, 1), (32, 1), (64, 2), (96, 2)),
        feature_stride=8,
        map_stride=4,
        feature_maps=64,
        keypoint_stages=2,
        keypoint_layers=3,
        keypoint_kernel=5,
        part_layers=2,
        part_kernel=3,
        pose_stages=2,
        pose_stride=4,
        pose_maps=48,
        residual=True,
    ),
    # Keypoints and features of a network that has seen photographs; poses from keypoints alone.
    "photo": NetworkOptions(
        image_size=256,
        feature_stride=4,
        map_stride=4,
        feature_maps=24,
        keypoint_stages=1,
        keypoint_layers=0,
        keypoint_kernel=0,
        part_layers=1,
        part_kernel=3,
        pose_stages=1,
        pose_stride=1,
        pose_output="6d",
        keypoints=MOVENET,
        pose=LIFTING,
        lifting_width=384,
        lifting_blocks=3,
    ),
    "tiny": NetworkOptions(
        image_size=64,
        blocks=((16, 1), (32, 2), (48, 2)),
        feature_stride=4,
        map_stride=4,
        feature_maps=32,
        keypoint_stages=2,
        keypoint_layers=2,
        keypoint_kernel=5,
        part_layers=2,
        part_kernel=3,
        pose_stages=2,
        pose_stride=2,
        pose_maps=24,
        output_maps=16,
        residual=True,
    ),
}
