"""Lines between neighbouring keypoints, and the colours of left and right."""

from collections.abc import Sequence

from hps_tf.visualization import palette

Colour = tuple[float, ...]

_LIMBS = (
    ("shoulder", "elbow"),
    ("elbow", "wrist"),
    ("shoulder", "hip"),
    ("hip", "knee"),
    ("knee", "ankle"),
    ("eye", "ear"),
)
_ACROSS = ("shoulder", "hip")
_SIDES = {"left": palette.LEFT, "right": palette.RIGHT}


def colours(names: Sequence[str]) -> list[Colour]:
    """Gives keypoints their side's colour by their names; the middle ones are white."""
    return [_SIDES.get(name.partition("_")[0], palette.MIDDLE) for name in names]


def lines(names: Sequence[str]) -> list[tuple[int, int, Colour]]:
    """Lists the lines of a skeleton.

    Args:
      names: Of the keypoints, as COCO's: ``"left_elbow"``.

    Returns:
      The two keypoints that each line joins, as indices into `names`, and its colour.
    """
    pairs = [(f"left_{name}", f"right_{name}", palette.MIDDLE) for name in _ACROSS]
    for side, colour in _SIDES.items():
        pairs += [(f"{side}_{start}", f"{side}_{end}", colour) for start, end in _LIMBS]
        pairs.append(("nose", f"{side}_eye", colour))
    place = {name: index for index, name in enumerate(names)}
    return [(place[a], place[b], colour) for a, b, colour in pairs if a in place and b in place]
