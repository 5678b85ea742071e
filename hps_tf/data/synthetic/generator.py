"""Image examples of rendered people, by their numbers.

Person i of a split looks the same however many there are and whichever process draws it: all its
randomness comes from the seed, the split and the number. People are drawn in groups of a fixed
size, because arithmetic on batches of other sizes may round otherwise.
"""

import dataclasses
import functools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from hps_tf.data.images.image_example import ImageExample
from hps_tf.data.synthetic import (
    appearance,
    background,
    light,
    occluders,
    people,
    posing,
    sensor_effects,
)
from hps_tf.data.synthetic.appearance import Landmarks
from hps_tf.data.synthetic.occluders import Layer
from hps_tf.data.synthetic.people import People, Person
from hps_tf.data.synthetic.posing import Frames
from hps_tf.data.synthetic.style import STYLES
from hps_tf.data.synthetic.surface import Surface
from hps_tf.io.process_map import process_map
from hps_tf.rendering.colour import to_uint8

GROUP_FRAMES = 32
"""Pictures of a group, about."""

_PHOTOGRAPHS_PER_GROUP = 8

# Starting a process takes as long as picturing so many groups.
_GROUPS_PER_PROCESS = 16

# Which of a person's sources of randomness.
_CAMERA, _LOOKS, _GRAIN, _BACKGROUNDS = range(4)


class Group(NamedTuple):
    """People to picture together.

        group = Group("train", first=0, people=people, num_examples=4)

    Attributes:
      split: Theirs.
      first: The first one's number.
      people: They.
      num_examples: How many pictures are wanted, from the first on.
    """

    split: str
    first: int
    people: list[Person]
    num_examples: int


@dataclasses.dataclass(frozen=True)
class Generator:
    """Pictures groups of people; can be sent to other processes.

        examples = Generator(image_size=128).examples(people, "train", 100)

    Attributes:
      image_size: S.
      seed: Of everything but who is pictured.
      style: A key of `STYLES`.
      num_vertices: Of the embedded body: 3000 or 6890.
      backgrounds: Directory of photographs, or None for drawn backgrounds.
      photograph_names: Those to use, within the directory.
      is_weak: Whether only keypoints and parts are labelled.
    """

    image_size: int
    seed: int = 0
    style: str = "a"
    num_vertices: int = 6890
    backgrounds: Path | None = None
    photograph_names: tuple[str, ...] = ()
    is_weak: bool = False

    @property
    def num_shape(self) -> int:
        """The number of the body's shape components."""
        return posing.load_body(self.num_vertices).num_shape

    def __call__(self, group: Group) -> list[ImageExample]:
        """Pictures a group.

        Raises:
          InputError: If a photograph is damaged.
        """
        sources = [
            people.random(self.seed, group.split, number, _CAMERA)
            for number in range(group.first, group.first + len(group.people))
        ]
        frames = posing.pose(
            sources, group.people, STYLES[self.style], self.num_vertices, self.image_size
        )
        pictures = self._photographs(group)
        examples: list[ImageExample] = []
        other = None
        for number, (person, shots) in enumerate(
            zip(group.people, frames.by_person(group.people), strict=True), group.first
        ):
            if len(examples) >= group.num_examples:
                break
            made, other = self._picture(group.split, number, person, shots, pictures, other)
            examples += made
        return examples[: group.num_examples]

    def examples(
        self,
        source: People,
        split: str,
        count: int,
        *,
        num_frames: int = 1,
        max_processes: int = 1,
    ) -> Iterator[ImageExample]:
        """Pictures the first people of a split.

        Args:
          source: Where the people come from.
          split: The split.
          count: The number of pictures.
          num_frames: Frames of each of the source's people.
          max_processes: Processes to use at most; fewer are started for few pictures.

        Yields:
          The pictures, in order.

        Raises:
          InputError: If a photograph is damaged.
        """
        size = max(1, GROUP_FRAMES // num_frames)
        num_groups = math.ceil(count / (size * num_frames))
        num_processes = max(1, min(max_processes, math.ceil(num_groups / _GROUPS_PER_PROCESS)))
        groups = (
            Group(
                split,
                first,
                source.draw(split, first, size, self.seed),
                min(size * num_frames, count - first * num_frames),
            )
            for first in range(0, num_groups * size, size)
        )
        for _, pictured in process_map(self, groups, num_processes):
            yield from pictured

    def _picture(
        self,
        split: str,
        number: int,
        person: Person,
        shots: Frames,
        pictures: list[Image.Image],
        other: Layer | None,
    ) -> tuple[list[ImageExample], Layer | None]:
        """Pictures one person in all frames, with the same clothes, light and surroundings."""
        size, style = self.image_size, STYLES[self.style]
        rng = people.random(self.seed, split, number, _LOOKS)
        surface, landmarks = _surface(self.num_vertices)
        outfit = appearance.draw(rng, style, landmarks)
        lamp = light.draw(rng, style)
        camera = sensor_effects.draw(rng, style)
        if pictures:
            behind = background.piece(rng, pictures[rng.integers(len(pictures))], size)
        else:
            behind = background.draw(rng, style, size)

        examples = []
        occluder = None
        is_video = len(person.pose) > 1
        for frame in range(len(person.pose)):
            seen = surface.see(shots.vertices[frame], shots.intrinsics[frame], size)
            image = behind.copy()
            image[seen.mask] = to_uint8(lamp.shade(outfit.paint(seen.places), seen.normals))
            if frame == 0:
                occluder = occluders.draw(rng, style, seen.mask, other)
                other = Layer(image, seen.mask)
            if occluder is not None:
                image = np.where(occluder.mask[..., None], occluder.image, image)
                seen.part_labels[occluder.mask] = 0
            grain = people.random(self.seed, split, number, _GRAIN, frame)
            keypoints = shots.keypoints[frame]
            is_inside = ((keypoints >= -0.5) & (keypoints <= size - 0.5)).all(axis=-1)
            name = f"{split}_{number:07d}"
            example = ImageExample(
                name=f"{name}_{frame:03d}" if is_video else name,
                image=camera.jpeg(image, grain),
                intrinsics=shots.intrinsics[frame],
                subject=person.subject,
                action=person.action,
                sequence=name if is_video else "",
                frame=frame if is_video else person.first_frame,
                keypoints_2d=keypoints,
                keypoint_weights=is_inside.astype(np.float32),
                part_labels=seen.part_labels,
                is_silhouette=True,
            )
            if not self.is_weak:
                example = dataclasses.replace(
                    example,
                    pose=shots.pose[frame],
                    shape=shots.shape[frame],
                    translation=shots.translation[frame],
                    markers_3d=shots.markers[frame],
                )
            examples.append(example)
        return examples, other

    def _photographs(self, group: Group) -> list[Image.Image]:
        if self.backgrounds is None:
            return []
        rng = people.random(self.seed, group.split, group.first, _BACKGROUNDS)
        names = rng.choice(self.photograph_names, _PHOTOGRAPHS_PER_GROUP)
        return [background.read(self.backgrounds, str(name)) for name in names]


@functools.cache
def _surface(num_vertices: int) -> tuple[Surface, Landmarks]:
    body = posing.load_body(num_vertices)
    return Surface(body), Landmarks.of(body)
