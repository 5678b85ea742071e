"""Inputs of a robustness study, and the place of its results."""

import dataclasses

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.data.mocap import motion_archives
from hps_tf.evaluation import held_out_people
from hps_tf.evaluation.held_out_people import People
from tools.reproduce import rows
from tools.reproduce.robust_conditions import Condition
from tools.reproduce.rows import AMBIENT, AXIS_ANGLE, LATENT, MATRICES, SIX_D, WIDE, Row
from tools.reproduce.study import Study

METHODS = (
    Row(rows.FLOW, WIDE, SIX_D, LATENT),
    Row(rows.LIGHT, WIDE, SIX_D, LATENT),
    Row(rows.GAUSSIAN, WIDE, SIX_D, LATENT),
    Row(rows.FLOW, WIDE, AXIS_ANGLE, LATENT),
    Row(rows.LIGHT, WIDE, AXIS_ANGLE, LATENT),
    Row(rows.GAUSSIAN, WIDE, AXIS_ANGLE, LATENT),
    Row(rows.VPOSER, WIDE, SIX_D, LATENT),
    Row(rows.GMM, WIDE, AXIS_ANGLE, AMBIENT),
    Row(rows.HMR, WIDE, MATRICES, AMBIENT),
    Row(rows.NO_PRIOR, WIDE, AXIS_ANGLE, AMBIENT),
)


@dataclasses.dataclass(frozen=True)
class RobustStudy(Study):
    """The inputs; as of a table, without part maps.

    Attributes:
      num_chosen_by: Number of validation people by whose errors weights are chosen.
    """

    num_chosen_by: int = 24

    def seeds(self, row: Row) -> tuple[int, ...]:
        """The seeds of a method's priors; a method that does not depend on one has the first."""
        found = self.trained_priors().seeds(row.family)
        return found if rows.has_seeds(row) else found[:1]

    def available(self) -> list[Row]:
        """The methods that there are trained priors for."""
        return [row for row in METHODS if self.seeds(row)]

    def part_name(self, row: Row, condition: Condition, seed: int) -> str:
        """The file of the fits to the test people."""
        return f"test-{row.key}-{condition.key}-s{seed}"

    def people(self, split: str, body: BodyModel) -> People:
        """Draws the people of the split "test" or "val"."""
        clips = motion_archives.of_split(self.data, split, "--data")
        count, seed = (
            (self.num_images, self.seed) if split == "test" else (self.num_chosen_by, self.seed + 1)
        )
        return held_out_people.draw(clips, count, seed, body, with_parts=False)

    def training_poses(self) -> np.ndarray:
        """`(M, 24, 3)` axis-angle poses of training people, radians."""
        clips = motion_archives.of_split(self.data, "train", "--data")
        return np.concatenate([clip.pose for clip in clips])


def title(row: Row) -> str:
    """A method's name for people."""
    names = {
        rows.FLOW: "flow, realnvp",
        rows.LIGHT: "flow, light",
        rows.GAUSSIAN: "Gaussian, whitened",
        rows.GMM: "GMM-8",
        rows.VPOSER: "VPoser",
        rows.HMR: "HMR discriminators",
        rows.NO_PRIOR: "none",
    }
    return f"{names[row.prior]}, {row.representation}"
