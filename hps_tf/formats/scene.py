"""People over time, as every file format takes them.

Convention: metres; the camera frame of OpenCV (x right, y down, z forward). Formats turn it by
diag(1, -1, -1) into their own frame (x right, y up, z backward), a half turn about x.
"""

import dataclasses

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.geometry import checks

#: Turns the camera frame of OpenCV into the frame of glTF, BVH and OBJ.
TO_Y_UP = np.diag([1.0, -1.0, -1.0])

_SAME_SHAPE = 1e-3  # Standard deviations.


@dataclasses.dataclass(frozen=True, eq=False)
class Person:
    """One person in T frames, in the order of time.

    Attributes:
      name: Unique in its scene.
      frames: `(T,)` increasing frame numbers; a frame left out shows nobody.
      pose: `(T, 24, 3)` axis-angle, radians; joint 0 turns the body into the camera frame. Of a
        body with J joints it may be of all, `(T, J, 3)`.
      shape: `(S,)` in standard deviations.
      translation: `(T, 3)` metres.
      keypoints_2d: `(T, 17, 2)` the body's COCO keypoints, pixels, or None.
      confidence: `(T, 17)` of the detected keypoints, or None.
      joints_2d: `(T, 24, 2)` the projected joints, pixels, or None.
      joint_std: `(T, 24)` standard deviations of the joints, metres, or None.
      score: `(T,)` of the detector, 0..1, or None.
    """

    name: str
    frames: np.ndarray
    pose: np.ndarray
    shape: np.ndarray
    translation: np.ndarray
    keypoints_2d: np.ndarray | None = None
    confidence: np.ndarray | None = None
    joints_2d: np.ndarray | None = None
    joint_std: np.ndarray | None = None
    score: np.ndarray | None = None

    def __post_init__(self) -> None:
        count = len(self.frames)
        if count == 0 or (np.diff(self.frames) <= 0).any():
            raise ValueError(
                f"`frames` of {self.name!r}: expected increasing numbers, received {self.frames}"
            )
        checks.shape("pose", self.pose, (count, "joints", 3))
        checks.shape("shape", self.shape, ("shape",))
        checks.shape("translation", self.translation, (count, 3))


@dataclasses.dataclass(frozen=True, eq=False)
class Scene:
    """People seen by one camera: in one photograph, or in the frames of one video.

    Attributes:
      body: The body model of everybody.
      people: Everybody.
      frame_rate: Frames per second of a video; None of a photograph.
      images: The names of the frames' images, by frame number; empty where they are not known.
      sizes: Heights and widths of the images, pixels, likewise.
    """

    body: BodyModel
    people: tuple[Person, ...]
    frame_rate: float | None = None
    images: tuple[str, ...] = ()
    sizes: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        names = [person.name for person in self.people]
        if len(set(names)) < len(names):
            raise ValueError(f"`people`: expected unique names, received {', '.join(names)}")
        if self.frame_rate is None and any(len(person.frames) > 1 for person in self.people):
            raise ValueError("`frame_rate`: expected a number, since people have several frames")

    @property
    def num_frames(self) -> int:
        """The number of frames, from 0 to the last that shows somebody."""
        return max((int(person.frames[-1]) + 1 for person in self.people), default=0)

    def vertices(self, person: Person) -> np.ndarray:
        """Computes a person's surface.

        Args:
          person: One of `people`.

        Returns:
          `(T, V, 3)` metres, camera frame.
        """
        found = [
            self.body(
                pose=person.pose[[row]],
                shape=person.shape[None],
                translation=person.translation[[row]],
            ).vertices.numpy()
            for row in range(len(person.frames))
        ]
        return np.concatenate(found)

    def joints(self, person: Person) -> np.ndarray:
        """Computes a person's joints.

        Args:
          person: One of `people`.

        Returns:
          `(T, J, 3)` metres, camera frame, of all joints of the body.
        """
        return self.body.joints(
            pose=person.pose, shape=person.shape[None], translation=person.translation
        ).numpy()


def one_shape(shapes: np.ndarray, name: str) -> np.ndarray:
    """Takes the one shape that a person has in all frames.

    Args:
      shapes: `(T, S)` in standard deviations.
      name: How the error calls the person.

    Returns:
      `(S,)`.

    Raises:
      ValueError: If the shapes differ.
    """
    spread = float(np.ptp(shapes, axis=0).max())
    if spread > _SAME_SHAPE:
        raise ValueError(
            f"`shape` of {name!r}: expected one shape in all frames, received shapes that differ by"
            f" {spread:.3g} standard deviations"
        )
    return shapes[0]
