"""Contact sheets of a pose prior: samples, interpolations, nearest training poses."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.errors import InputError
from hps_tf.priors import PosePrior
from hps_tf.visualization import neighbours, palette, png
from hps_tf.visualization.contact_sheet import contact_sheet
from hps_tf.visualization.portraits import portraits

_CELL = (200, 168)
_NUM_PAIRS = 6
_NUM_NEIGHBOURS = 3


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A contact sheet to be drawn.

    Attributes:
      name: Of the file, without suffix.
      title: The line above.
      columns: Pictures in a row.
      rotation_matrices: `(N, 24, 3, 3)` poses, row by row.
      captions: N lines below the pictures.
      colours: `(N, 3)` colours of the people.
      cells: The description of each picture, for the JSON file.
    """

    name: str
    title: str
    columns: int
    rotation_matrices: np.ndarray
    captions: list[str]
    colours: np.ndarray
    cells: list[dict]

    def draw(self, body: BodyModel, directory: Path) -> Path:
        """Writes the sheet as PNG into a directory and returns its path."""
        images = portraits(body, self.rotation_matrices, _CELL, self.colours, self.name)
        path = directory / f"{self.name}.png"
        sheet = contact_sheet(images, self.columns, title=self.title, captions=self.captions)
        png.write(path, sheet)
        return path

    def description(self) -> dict:
        """The sheet's description, for JSON; cells are listed row by row."""
        return {"title": self.title, "columns": self.columns, "cells": self.cells}


def samples(prior: PosePrior, name: str, count: int, seed: int, columns: int) -> Sheet:
    """Random samples, each with its negative log-likelihood or, without a density, energy."""
    vectors = prior.sample(count, seed)
    nats = prior.energy(vectors).numpy() / prior.space.dim
    quantity = "NLL" if prior.has_density else "energy"
    return Sheet(
        name="samples",
        title=f"{name}: {count} samples, seed {seed} ({quantity} per dimension)",
        columns=columns,
        rotation_matrices=prior.space.to_matrices(vectors).numpy(),
        captions=[f"{value:.2f}" for value in nats],
        colours=np.tile(palette.SKIN, (count, 1)),
        cells=[
            {"sample": index, f"{quantity.lower()}_per_dim": round(float(value), 4)}
            for index, value in enumerate(nats)
        ],
    )


def sampled_ends(prior: PosePrior, seed: int) -> tuple[np.ndarray, list[str]]:
    """Draws poses to interpolate between: `(2·P, D)` vectors and their names."""
    count = 2 * _NUM_PAIRS
    return prior.sample(count, seed).numpy(), [f"sample {index}" for index in range(count)]


def recorded_ends(
    prior: PosePrior, clips: Iterable[MotionClip], seed: int
) -> tuple[np.ndarray, list[str]]:
    """Chooses recorded poses to interpolate between: `(2·P, D)` vectors and their names.

    Raises:
      InputError: If there are fewer than two frames.
    """
    clips = list(clips)
    frames = [(clip, frame) for clip in clips for frame in range(clip.num_frames)]
    num_pairs = min(_NUM_PAIRS, len(frames) // 2)
    if not num_pairs:
        raise InputError(f"interpolation needs at least 2 recorded frames, received {len(frames)}")
    chosen = np.random.default_rng(seed).choice(len(frames), 2 * num_pairs, replace=False)
    ends = [frames[index] for index in chosen]
    vectors = prior.space.from_pose(np.stack([clip.pose[frame] for clip, frame in ends])).numpy()
    return vectors, [f"{clip.name} #{frame}" for clip, frame in ends]


def interpolations(
    prior: PosePrior, name: str, ends: np.ndarray, end_names: list[str], columns: int
) -> Sheet:
    """One row per pair, from one pose to the other on a straight line in latent space."""
    path = prior.interpolate(ends[0::2], ends[1::2], columns)
    vectors = np.moveaxis(path.numpy(), 0, 1).reshape(-1, prior.space.dim)
    captions, cells, colours = [], [], []
    for start, stop in zip(end_names[0::2], end_names[1::2], strict=True):
        captions += [start, *[""] * (columns - 2), stop]
        colours += [palette.ACCENT, *[palette.SKIN] * (columns - 2), palette.ACCENT]
        cells += [
            {"from": start, "to": stop, "share": round(step / (columns - 1), 4)}
            for step in range(columns)
        ]
    return Sheet(
        name="interpolations",
        title=f"{name}: interpolation in latent space between the outer poses of each row",
        columns=columns,
        rotation_matrices=prior.space.to_matrices(vectors).numpy(),
        captions=captions,
        colours=np.array(colours),
        cells=cells,
    )


def nearest_training_poses(
    prior: PosePrior,
    name: str,
    clips: Iterable[MotionClip],
    count: int,
    seed: int,
    body: BodyModel,
) -> Sheet:
    """One column per sample, and below it the training poses most like it."""
    matrices = prior.space.to_matrices(prior.sample(count, seed)).numpy()
    found = neighbours.nearest(matrices, clips, _NUM_NEIGHBOURS, body, prior.space)
    rows = min(map(len, found))
    captions = [f"sample {index}" for index in range(count)]
    cells: list[dict] = [{"sample": index} for index in range(count)]
    poses = [matrices]
    for rank in range(rows):
        neighbour_row = [of_sample[rank] for of_sample in found]
        poses.append(np.stack([neighbour.rotation_matrices for neighbour in neighbour_row]))
        captions += [f"{1000 * n.distance:.0f} mm · {n.clip} #{n.frame}" for n in neighbour_row]
        cells += [
            {
                "sample": index,
                "neighbour": rank + 1,
                "clip": neighbour.clip,
                "frame": neighbour.frame,
                "distance_mm": round(1000 * neighbour.distance, 1),
            }
            for index, neighbour in enumerate(neighbour_row)
        ]
    colours = [palette.SKIN] * count + [palette.ACCENT] * (rows * count)
    return Sheet(
        name="neighbours",
        title=f"{name}: samples, and below each the training poses nearest to it",
        columns=count,
        rotation_matrices=np.concatenate(poses),
        captions=captions,
        colours=np.array(colours),
        cells=cells,
    )
