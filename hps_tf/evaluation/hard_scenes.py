"""Twenty rendered pictures in which people are hard to find, with COCO's annotations.

Each has one difficulty: people turned, small, cut off, hidden, in the dark and more. Poses are
samples of the embedded prior, bodies the embedded one's, backgrounds drawn; one seed gives one set.
"""

import dataclasses
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from hps_tf import priors
from hps_tf.body.skeleton import COCO17_NAMES, JOINT_NAMES, NUM_JOINTS
from hps_tf.data.synthetic import PriorPeople, sensor_effects
from hps_tf.data.synthetic.style import STYLES
from hps_tf.evaluation.scene_painter import Figure, Painted, ScenePainter
from hps_tf.io.atomic_file import replacing

ANNOTATIONS = "people.json"
EMPTY = "empty"
"""The directory of the same pictures without people."""

_PRIOR = "cmu-6d-light"
SEED = 14
_FACING = 70.0  # Degrees by which people are turned away from the camera at most.
_LEAST_VISIBLE = 200  # Pixels of somebody who is annotated.
_EXIF_ORIENTATION = 0x0112

Pose = Callable[[], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Case:
    """A picture.

    Attributes:
      name: Of the difficulty, and of the file.
      size: Height and width.
      places: Of each person the middle's x and y, shares of width and height, and the box's longer
        side in pixels.
      headings: Degrees that people are turned away from the camera; by default up to 70.
      pitch: Degrees by which the camera looks down.
      rolls: Degrees by which each person is turned clockwise in the picture.
      counter: Share of the height from which on a counter hides people.
      finish: The change of the picture's colours.
      turn: EXIF orientation with which the file is stored, 1 for upright.
      embrace: Whether people put their arms around each other.
    """

    name: str
    size: tuple[int, int]
    places: Sequence[tuple[float, float, float]]
    headings: Sequence[float] = ()
    pitch: float = 5.0
    rolls: Sequence[float] = ()
    counter: float | None = None
    finish: Callable[[Image.Image], Image.Image] = lambda image: image
    turn: int = 1
    embrace: bool = False


def _dark(image: Image.Image) -> Image.Image:
    return image.point(lambda value: value * 0.2)


def _blurred(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(5))


def _grey(image: Image.Image) -> Image.Image:
    return image.convert("L").convert("RGB")


_THREE = ((0.2, 0.55, 330), (0.5, 0.5, 380), (0.8, 0.55, 350))
_PAIR = ((0.3, 0.5, 360), (0.7, 0.5, 380))
_STACKED = ((0.5, 0.28, 380), (0.5, 0.72, 400))
_ROW = tuple((0.1 + 0.1 * i, 0.5 + 0.04 * (i % 2), 290 + 12 * (i % 3)) for i in range(9))

CASES = (
    Case("close_up", (480, 640), ((0.5, 1.15, 1000),), headings=(15,)),
    Case("border", (480, 640), ((0.02, 0.5, 420), (0.5, 0.92, 440), (0.98, 0.5, 420))),
    Case("crowd", (600, 900), _ROW),
    Case("dark", (480, 640), _THREE, finish=_dark),
    Case("blurred", (480, 640), _THREE, finish=_blurred),
    Case("turned_left", (640, 480), _STACKED, rolls=(-90, -90)),
    Case("turned_right", (640, 480), _STACKED, rolls=(90, 90)),
    Case("upside_down", (480, 640), _PAIR, rolls=(180, 170)),
    Case("lying", (480, 640), ((0.4, 0.27, 330), (0.6, 0.7, 350)), pitch=35, rolls=(90, -85)),
    Case(
        "small",
        (480, 640),
        tuple((0.1 + 0.16 * i, 0.4 + 0.2 * (i % 2), 60 + 8 * i) for i in range(6)),
    ),
    Case("hidden", (480, 640), _THREE, counter=0.55),
    Case(
        "embracing", (480, 640), ((0.455, 0.5, 400), (0.545, 0.5, 400)), headings=(75, -75),
        embrace=True,
    ),
    Case(
        "corners",
        (480, 640),
        ((0.07, 0.2, 200), (0.93, 0.2, 200), (0.07, 0.82, 200), (0.93, 0.82, 200)),
    ),
    Case("grey", (480, 640), _PAIR, finish=_grey),
    Case("portrait", (900, 600), ((0.3, 0.55, 560), (0.7, 0.55, 520))),
    Case("exif_turned", (900, 600), ((0.3, 0.55, 560), (0.7, 0.55, 520)), turn=6),
    Case("large", (3000, 4000), ((0.25, 0.5, 2400), (0.65, 0.55, 1200), (0.88, 0.6, 400))),
    Case("panorama", (600, 4000), tuple((0.1 + 0.2 * i, 0.5, 380 + 30 * i) for i in range(5))),
    Case("from_behind", (480, 640), _PAIR, headings=(165, 200)),
    Case("from_above", (480, 640), ((0.3, 0.5, 260), (0.7, 0.5, 260)), pitch=55),
)  # fmt: skip


def write(directory: Path, seed: int = SEED) -> None:
    """Writes the pictures, ``people.json`` and the pictures without people in ``empty/``.

    Args:
      directory: Where to; it is made.
      seed: Of poses, clothes, light and backgrounds.
    """
    (directory / EMPTY).mkdir(parents=True, exist_ok=True)
    painter = ScenePainter()
    total = sum(len(case.places) for case in CASES)
    drawn = iter(PriorPeople(priors.load(_PRIOR)).draw("hard", 0, total, seed))
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, case in enumerate(CASES, 1):
        rng = np.random.default_rng([seed, number])
        figures = _figures(case, lambda: next(drawn).pose[0], rng)
        picture = painter.paint(figures, case.size, rng, case.counter)
        name = f"{case.name}.jpg"
        camera = sensor_effects.draw(rng, STYLES["a"])
        for path, pixels in ((name, picture.image), (f"{EMPTY}/{name}", picture.empty)):
            finished = np.asarray(case.finish(Image.fromarray(pixels)))
            with replacing(directory / path) as temporary:
                temporary.write_bytes(_turned(camera.jpeg(finished, rng), case.turn))
        height, width = case.size
        images.append({"id": number, "file_name": name, "height": height, "width": width})
        for person in picture.people:
            annotation = _annotation(person, number, len(annotations) + 1)
            if annotation is not None:
                annotations.append(annotation)
    category = {"id": 1, "name": "person", "keypoints": list(COCO17_NAMES)}
    content = {"images": images, "annotations": annotations, "categories": [category]}
    with replacing(directory / ANNOTATIONS) as temporary:
        temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")


def _figures(case: Case, pose: Pose, rng: np.random.Generator) -> list[Figure]:
    figures = []
    for index, (x, y, extent) in enumerate(case.places):
        heading = case.headings[index] if case.headings else rng.uniform(-_FACING, _FACING)
        roll = case.rolls[index] if case.rolls else 0.0
        own = _embracing() if case.embrace else pose()
        figures.append(Figure(own, (x, y), extent, heading, case.pitch, roll))
    return figures


def _embracing() -> np.ndarray:
    """`(24, 3)` someone who stretches bent arms forward."""
    pose = np.zeros((NUM_JOINTS, 3))
    for name, angle in (("shoulder", 1.2), ("elbow", 0.7)):
        pose[JOINT_NAMES.index(f"l_{name}"), 1] = -angle
        pose[JOINT_NAMES.index(f"r_{name}"), 1] = angle
    return pose


def _turned(jpeg: bytes, orientation: int) -> bytes:
    """Stores a JPEG as a camera that was held upright but writes rows of its own."""
    if orientation == 1:
        return jpeg
    exif = Image.Exif()
    exif[_EXIF_ORIENTATION] = orientation
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as image:
        image.transpose(Image.Transpose.ROTATE_90).save(buffer, "JPEG", quality=92, exif=exif)
    return buffer.getvalue()


def _annotation(person: Painted, image: int, number: int) -> dict[str, Any] | None:
    height, width = person.mask.shape
    area = int(np.count_nonzero(person.mask))
    if area < _LEAST_VISIBLE:
        return None
    x, y = person.keypoints.T
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    triples = np.where(inside, [x, y, np.full(len(x), 2.0)], 0.0).T
    return {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "keypoints": [round(value, 2) for value in triples.ravel().tolist()],
        "num_keypoints": int(inside.sum()),
        "area": area,
        "bbox": person.box.astype(float).tolist(),
        "iscrowd": 0,
    }
