"""The bodies that a fit found."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.errors import InputError
from hps_tf.field_shapes import ShapesInRepr
from hps_tf.formats import Person, Scene
from hps_tf.formats.scene import one_shape
from hps_tf.io import npz_arrays

_TERM = "term_"

#: Fields of whole numbers: their type, and the largest one.
_WHOLE = {"converged": (bool, 1), "start": (int, 1 << 31)}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class FitResult(ShapesInRepr):
    """The bodies of N people, or of N frames of one person's video.

    Rotations and positions are those of the camera frame (OpenCV: x right, y down, z forward): a
    body model called with pose, shape and translation gives vertices ready to project.

    Attributes:
      pose: `(N, 24, 3)` axis-angle, radians; joint 0 turns the body into the camera frame.
      shape: `(N, S)` in standard deviations.
      translation: `(N, 3)` metres.
      focal_scale: `(N,)` factor of the evidence's focal lengths; 1 unless they were fitted.
      joints_3d: `(N, 24, 3)` metres.
      keypoints_2d: `(N, K, 2)` pixels of the full frame, in the evidence's keypoint set.
      residuals: `(N, K)` pixels between fitted and detected keypoints, NaN where one is missing.
      loss: `(N,)` the objective.
      terms: The objective's weighted terms by name, `(N,)` each; they sum to `loss`.
      prior_nll: `(N,)` energy of the pose under the prior, in nats up to a constant of the prior;
        a score of plausibility, lower is more plausible.
      converged: `(N,)` whether the fit has settled: the solver's last iterations lowered the
        objective by less than 1 %, so that more of them would hardly move the body.
      start: `(N,)` which of the starts gave the body.
      start_losses: `(N, starts)` the objective reached from every start.
      pose_variables: `(N, d)` the pose as the fit's variables, from which `Fitter.refine` starts.
      joint_std: `(N, 24)` metres, how far each joint, seen from the pelvis, may be off by Laplace's
        approximation (`Fitter.joint_std`); None if it was not computed.
    """

    pose: np.ndarray
    shape: np.ndarray
    translation: np.ndarray
    focal_scale: np.ndarray
    joints_3d: np.ndarray
    keypoints_2d: np.ndarray
    residuals: np.ndarray
    loss: np.ndarray
    terms: dict[str, np.ndarray]
    prior_nll: np.ndarray
    converged: np.ndarray
    start: np.ndarray
    start_losses: np.ndarray
    pose_variables: np.ndarray
    joint_std: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.pose)

    def select(self, rows: np.ndarray | slice) -> "FitResult":
        """Takes some of the bodies: `(M,)` indices, a `(N,)` boolean mask or a slice."""
        fields: dict[str, Any] = {
            field.name: getattr(self, field.name) for field in dataclasses.fields(self)
        }
        terms = fields.pop("terms")
        chosen: dict[str, Any] = {
            name: None if value is None else value[rows] for name, value in fields.items()
        }
        return FitResult(**chosen, terms={name: value[rows] for name, value in terms.items()})

    def arrays(self) -> dict[str, np.ndarray]:
        """The result as named arrays, the terms as ``term_NAME``."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        terms = fields.pop("terms")
        if self.joint_std is None:
            del fields["joint_std"]
        return {**fields, **{f"{_TERM}{name}": values for name, values in terms.items()}}

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "FitResult":
        """Reads what `save` wrote; other arrays in the file are ignored.

        Raises:
          InputError: If the file is damaged, or an array is missing or of another length.
          OSError: If there is no file.
        """
        stored = npz_arrays.NpzArrays(Path(path).read_bytes(), os.fspath(path))
        fields: dict[str, Any] = {
            field.name: _numbers(stored, field.name)
            for field in dataclasses.fields(cls)
            if field.name != "terms" and (field.name != "joint_std" or "joint_std" in stored.names)
        }
        terms = {
            name.removeprefix(_TERM): _numbers(stored, name)
            for name in stored.names
            if name.startswith(_TERM)
        }
        count = len(np.atleast_1d(fields["pose"]))
        for name, array in {**fields, **terms}.items():
            if array.ndim < 1 or len(array) != count:
                raise InputError(
                    f"{path}, field {name!r}: expected a row for each of {count} bodies, received"
                    f" shape {array.shape}"
                )
        return cls(**fields, terms=terms)

    def scene(self, body: BodyModel, frame_rate: float | None = None) -> Scene:
        """Gives the bodies as the formats of `hps_tf.formats` take them.

        Args:
          body: The body model that was fitted.
          frame_rate: Frames per second, where the bodies are one person's in a video; None of N
            people in one image.
        """
        if frame_rate is None:
            rows, names = np.arange(len(self))[:, None], [f"person {n}" for n in range(len(self))]
        else:
            rows, names = np.arange(len(self))[None], ["person 0"]
        people = tuple(
            Person(
                name=name,
                frames=own if frame_rate is not None else np.zeros(1, int),
                pose=self.pose[own],
                shape=one_shape(self.shape[own], name),
                translation=self.translation[own],
                keypoints_2d=self.keypoints_2d[own],
                joint_std=None if self.joint_std is None else self.joint_std[own],
            )
            for name, own in zip(names, rows, strict=True)
        )
        return Scene(body, people, frame_rate)

    def save(self, path: str | os.PathLike[str], **more: np.ndarray) -> None:
        """Writes the arrays, and more of the caller's, to one ``.npz`` file, atomically.

        `hps_tf.formats.write(path, result.scene(body))` writes GLB, BVH and others.
        """
        npz_arrays.write(path, {**self.arrays(), **more})


def concatenate(results: list[FitResult]) -> FitResult:
    """Joins results along their first axis."""
    names = [field.name for field in dataclasses.fields(FitResult) if field.name != "terms"]
    joined: dict[str, Any] = {
        name: None
        if getattr(results[0], name) is None
        else np.concatenate([getattr(result, name) for result in results])
        for name in names
    }
    terms = {
        name: np.concatenate([result.terms[name] for result in results])
        for name in results[0].terms
    }
    return FitResult(**joined, terms=terms)


def _numbers(stored: npz_arrays.NpzArrays, field: str) -> np.ndarray:
    """Reads numbers in the type of the field; those of a fit that diverged may be NaN."""
    array = stored.numbers(field)
    if field not in _WHOLE:
        with np.errstate(over="ignore"):
            return array.astype(np.float32)
    kind, most = _WHOLE[field]
    if not ((array >= 0) & (array <= most) & (np.floor(array) == array)).all():
        raise InputError(
            f"{stored.file}, field {field!r}: expected whole numbers from 0 to {most}, received"
            f" {array.min():g} to {array.max():g}"
        )
    return array.astype(kind)
