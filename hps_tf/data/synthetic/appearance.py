"""Clothes, skin and hair, painted on the body's surface by its place in the T-pose.

Convention: places on the mean shape in the T-pose, metres: y up, facing +z, left = +x, so that a
sleeve ends at an |x|, a leg at a y.
"""

import dataclasses

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import COCO17_NAMES, JOINT_NAMES
from hps_tf.data.synthetic import texture
from hps_tf.data.synthetic.style import Style
from hps_tf.data.synthetic.texture import Texture

_SKINS = np.array([(0.96, 0.82, 0.72), (0.80, 0.60, 0.46), (0.55, 0.37, 0.27), (0.27, 0.17, 0.13)])
_HAIRS = np.array(
    [
        (0.07, 0.06, 0.06),
        (0.25, 0.16, 0.10),
        (0.45, 0.30, 0.16),
        (0.80, 0.66, 0.40),
        (0.7, 0.7, 0.7),
    ]
)
_WAVELENGTH = (0.03, 0.4)


@dataclasses.dataclass(frozen=True, eq=False)
class Landmarks:
    """Heights and widths of the mean shape in the T-pose, metres.

    Attributes:
      joints: `(24, 3)`.
      eyes: `(2, 3)`.
      nose: `(3,)`.
    """

    joints: np.ndarray
    eyes: np.ndarray
    nose: np.ndarray

    @classmethod
    def of(cls, body: BodyModel) -> "Landmarks":
        """Measures a body."""
        points = body.keypoints("coco17").numpy()[0]
        eyes = [COCO17_NAMES.index(name) for name in ("left_eye", "right_eye")]
        return cls(body.joints().numpy()[0], points[eyes], points[COCO17_NAMES.index("nose")])

    def x(self, joint: str) -> float:
        """|x| of a joint of the left side."""
        return float(self.joints[JOINT_NAMES.index(joint), 0])

    def y(self, joint: str) -> float:
        """Height of a joint over the pelvis."""
        return float(self.joints[JOINT_NAMES.index(joint), 1])


@dataclasses.dataclass(frozen=True, eq=False)
class Outfit:
    """The looks of a person.

    Attributes:
      landmarks: Of the body.
      skin: `(3,)` colour.
      hair: `(3,)` colour, or None.
      hairline: `(2,)` the direction (y, z) in which the hair lies and how far it comes down.
      shirt: Its texture.
      trousers: Theirs.
      shoes: Theirs.
      print: A patch on the chest, or None.
      print_size: Half its width and height.
      neckline: Height at which the shirt ends in front.
      sleeve: |x| at which it ends.
      waist: Height at which trousers begin.
      hem: Height at which they end.
      ankle: Height at which shoes end.
      belt: `(3,)` colour, or None.
    """

    landmarks: Landmarks
    skin: np.ndarray
    hair: np.ndarray | None
    hairline: np.ndarray
    shirt: Texture
    trousers: Texture
    shoes: Texture
    print: Texture | None
    print_size: np.ndarray
    neckline: float
    sleeve: float
    waist: float
    hem: float
    ankle: float
    belt: np.ndarray | None

    def paint(self, places: np.ndarray) -> np.ndarray:
        """Gives the colours `(N, 3)` at places `(N, 3)`."""
        x, y, z = places.T
        aside = np.abs(x)
        marks = self.landmarks
        colours = np.broadcast_to(self.skin, places.shape).astype(np.float32)

        is_arm = (aside > marks.x("l_shoulder")) & (y > marks.y("spine2"))
        in_shirt = (y > self.waist) & (y < self.neckline + 0.25 * np.maximum(-z, -0.1))
        in_shirt |= is_arm & (y > self.waist)
        in_shirt &= aside < self.sleeve
        in_shirt &= y < marks.y("neck") + 0.06
        self._cover(colours, in_shirt, self.shirt, places)
        if self.print is not None:
            chest = marks.y("spine3")
            offsets = np.abs([x, y - chest]) / self.print_size[:, None]
            self._cover(colours, in_shirt & (z > 0) & (offsets < 1).all(0), self.print, places)
        in_trousers = (y <= self.waist) & (y > self.hem) & ~is_arm
        self._cover(colours, in_trousers, self.trousers, places)
        if self.belt is not None:
            colours[in_trousers & (y > self.waist - 0.035)] = self.belt
        self._cover(colours, (y < self.ankle) & ~is_arm, self.shoes, places)
        self._paint_head(colours, places)
        return colours

    def _cover(
        self, colours: np.ndarray, where: np.ndarray, cloth: Texture, places: np.ndarray
    ) -> None:
        colours[where] = cloth.paint(places[where])

    def _paint_head(self, colours: np.ndarray, places: np.ndarray) -> None:
        marks = self.landmarks
        head = np.flatnonzero(places[:, 1] > marks.y("neck") + 0.02)
        head = head[np.abs(places[head, 0]) < marks.x("l_shoulder")]
        points = places[head]
        mouth = marks.nose - (0, 0.04, 0.02)
        is_eye = (np.linalg.norm(points[:, None] - marks.eyes, axis=-1) < 0.013).any(axis=1)
        is_mouth = (np.abs(points - mouth) < (0.025, 0.008, 0.03)).all(axis=1)
        colours[head[is_eye]] = 0.12
        colours[head[is_mouth]] = self.skin * (0.8, 0.5, 0.5)
        if self.hair is not None:
            centre = marks.joints[JOINT_NAMES.index("head")]
            (up, forward), depth = self.hairline[:2], self.hairline[2]
            height = (points[:, 1] - marks.eyes[0, 1]) * up + (points[:, 2] - centre[2]) * forward
            colours[head[height > depth]] = self.hair


def draw(rng: np.random.Generator, style: Style, landmarks: Landmarks) -> Outfit:
    """Draws the looks of a person."""
    marks = landmarks
    shoulder, elbow, wrist = (marks.x(f"l_{joint}") for joint in ("shoulder", "elbow", "wrist"))
    knee, ankle = marks.y("l_knee"), marks.y("l_ankle")
    sleeve = rng.choice(
        [shoulder + 0.02, rng.uniform(shoulder + 0.08, elbow), elbow + 0.05, wrist + 0.01],
        p=(0.1, 0.4, 0.1, 0.4),
    )
    hem = rng.choice(
        [rng.uniform(knee, knee + 0.25), rng.uniform(ankle, knee), ankle - 0.03],
        p=(0.25, 0.1, 0.65),
    )
    hair_angle = np.radians(rng.uniform(25, 60))
    shirt = texture.draw(rng, style, _WAVELENGTH, 3)
    trousers = texture.draw(rng, style, _WAVELENGTH, 3)
    return Outfit(
        landmarks=marks,
        skin=_between(rng, _SKINS),
        hair=None if rng.uniform() < 0.08 else _between(rng, _HAIRS),
        hairline=np.array([np.cos(hair_angle), -np.sin(hair_angle), rng.uniform(0.0, 0.04)]),
        shirt=shirt,
        trousers=shirt if rng.uniform() < 0.12 else trousers,
        shoes=texture.draw(rng, style, (0.02, 0.1), 3),
        print=texture.draw(rng, style, (0.02, 0.1), 3) if rng.uniform() < 0.2 else None,
        print_size=rng.uniform(0.04, 0.14, 2),
        neckline=marks.y("neck") + rng.uniform(-0.06, 0.04),
        sleeve=float(sleeve),
        waist=rng.uniform(-0.05, 0.1),
        hem=float(hem),
        ankle=ankle + rng.uniform(-0.02, 0.1),
        belt=rng.uniform(0.05, 0.3, 3) if rng.uniform() < 0.3 else None,
    )


def _between(rng: np.random.Generator, colours: np.ndarray) -> np.ndarray:
    """A colour between two neighbours of a list."""
    place = rng.uniform(0, len(colours) - 1)
    index = int(place)
    share = place - index
    return (1 - share) * colours[index] + share * colours[index + 1]
