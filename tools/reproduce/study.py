"""Inputs of a table, and the place of its results."""

import dataclasses
from pathlib import Path
from typing import Any

from hps_tf.body import BodyModel, load_default
from hps_tf.data.mocap import motion_archives
from hps_tf.evaluation import held_out_people
from hps_tf.evaluation.held_out_people import People
from tools.reproduce.checkpointing import Checkpoints
from tools.reproduce.trained_priors import TrainedPriors

NUM_VALIDATION = 64
"""At most; there are never more than test people."""

BODY_VERTICES = 6890
"""Of the people: their part maps are rendered from it, their vertices measured."""


@dataclasses.dataclass(frozen=True)
class Study:
    """The inputs of a table.

    Attributes:
      data: Directories of prepared motion.
      priors: Directory of trained priors, or None for the pretrained ones.
      output: Directory of the results.
      num_images: Number of test people.
      seed: Of the test people; the validation people have the next.
    """

    data: tuple[Path, ...]
    priors: Path | None
    output: Path
    num_images: int
    seed: int

    @property
    def num_validation(self) -> int:
        """Number of validation people, if the data has that many."""
        return min(NUM_VALIDATION, self.num_images)

    def trained_priors(self) -> TrainedPriors:
        """The priors."""
        return TrainedPriors(self.priors)

    def checkpoints(self) -> Checkpoints:
        """The finished parts, each with the prior that it was made with."""
        settings: dict[str, Any] = {
            "num_images": self.num_images,
            "seed": self.seed,
            "data": [path.resolve().name for path in self.data],
        }
        return Checkpoints(self.output, settings)

    def people(self, split: str, body: BodyModel) -> People:
        """Draws the people of the split "test" or "val"."""
        clips = motion_archives.of_split(self.data, split, "--data")
        if split == "test":
            return held_out_people.draw(clips, self.num_images, self.seed, body)
        available = sum(clip.num_frames for clip in clips)
        return held_out_people.draw(clips, min(self.num_validation, available), self.seed + 1, body)

    def body(self) -> BodyModel:
        """The body of the people."""
        return load_default(BODY_VERTICES)
