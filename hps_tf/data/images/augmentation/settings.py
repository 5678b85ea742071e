"""How strongly images are augmented."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """Strengths and probabilities; the defaults suit a network that sees photographs.

    Attributes:
      scale: Factor up to which the person grows or shrinks, at least 1; log-uniform.
      rotation: Angle up to which the camera rolls either way, radians.
      rotated: Probability that it does.
      shift: Largest shift along each axis, as a share of the image's side.
      flip: Probability of the mirror image.
      colour: Strength of all changes of colour; 0 leaves the pixels alone, 1 is usual.
      occluders: Probability that something stands in front.
      background: Probability that the background is replaced, where it is known.
    """

    scale: float = 1.25
    rotation: float = math.pi / 6
    rotated: float = 0.6
    shift: float = 0.08
    flip: float = 0.5
    colour: float = 1.0
    occluders: float = 0.3
    background: float = 0.3

    def __post_init__(self) -> None:
        """Checks the values.

        Raises:
          ValueError: If one is out of its bounds.
        """
        bounds = {
            "scale": (1.0, 4.0),
            "rotation": (0.0, math.pi),
            "rotated": (0.0, 1.0),
            "shift": (0.0, 1.0),
            "flip": (0.0, 1.0),
            "colour": (0.0, 2.0),
            "occluders": (0.0, 1.0),
            "background": (0.0, 1.0),
        }
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(
                    f"`{name}`: expected from {low:g} to {high:.4g}, received {value!r}"
                )

    @classmethod
    def none(cls) -> "Augmentation":
        """Returns the settings that change nothing."""
        return cls(
            scale=1.0,
            rotation=0.0,
            rotated=0.0,
            shift=0.0,
            flip=0.0,
            colour=0.0,
            occluders=0.0,
            background=0.0,
        )
