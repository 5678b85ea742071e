"""Trains a prior on the samples of another and compares the two."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from hps_tf import priors
from hps_tf.body import load_default
from hps_tf.errors import InputError
from hps_tf.priors import PosePrior
from hps_tf.visualization import png
from hps_tf.visualization.body_picture import body_picture
from hps_tf.visualization.contact_sheet import contact_sheet
from trainers.tasks.pose_data import PoseData
from trainers.tasks.prior import PriorTask

_COMPARED = 10_000
_PICTURED = 8
_PICTURE_SIZE = (240, 200)


class QuickstartTask(PriorTask):
    """A prior that learns from the samples of the pretrained one, its teacher."""

    def _read_data(self) -> PoseData:
        settings = self._config.data
        self._teacher = priors.load(settings.teacher)
        ours = (self._config.prior.space, self._config.prior.sigma)
        theirs = (self._teacher.space.name, self._teacher.sigma)
        if ours != theirs:
            raise InputError(
                f"config.prior: space and sigma must be those of {settings.teacher}, {theirs[0]} "
                f"and {theirs[1]}, got {ours[0]} and {ours[1]}"
            )
        poses = _sample_poses(self._teacher, settings.num_samples, self._config.seed).numpy()
        num_validation = settings.num_samples // 10
        train = poses[num_validation:]
        nobody = np.zeros(len(train), int)
        return PoseData(train=train, train_subjects=nobody, validation=poses[:num_validation])

    def finish(self, workdir: Path) -> dict[str, Any]:
        """Saves the prior and compares it with its teacher on fresh samples, pictures included."""
        summary = super().finish(workdir)
        fresh = _sample_poses(self._teacher, _COMPARED, self._config.seed + 1)
        x = self._noisy(self._space.from_pose(fresh), tf.constant([self._config.seed, 1]))
        summary["fresh_samples"] = {
            "prior": self._negative_log_likelihood(self._prior, x),
            "teacher": self._negative_log_likelihood(self._teacher, x),
        }
        (workdir / "pictures").mkdir(exist_ok=True)
        png.write(workdir / "pictures" / "samples.png", self._samples_sheet())
        return summary

    def _samples_sheet(self) -> np.ndarray:
        """Pictures of samples: the teacher's above, the new prior's below."""
        poses = [_sample_poses(prior, _PICTURED, seed=2) for prior in (self._teacher, self._prior)]
        body = load_default(num_vertices=3000)
        vertices = body(pose=tf.concat(poses, axis=0)).vertices.numpy()
        return contact_sheet(
            [body_picture(person, body.faces, view=_PICTURE_SIZE) for person in vertices],
            columns=_PICTURED,
            title=f"Samples: {self._config.data.teacher} above, the new prior below",
        )


def _sample_poses(prior: PosePrior, count: int, seed: int) -> tf.Tensor:
    """Draws `(count, 24, 3)` poses."""
    return prior.space.to_pose(prior.sample(count, seed))
