"""Trains a prior on what another one draws, and compares the two."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf import priors
from hps_tf.body import load_small
from hps_tf.errors import InputError
from hps_tf.priors import PosePrior
from hps_tf.visualization import png
from hps_tf.visualization.body_picture import body_picture
from hps_tf.visualization.contact_sheet import contact_sheet
from trainers.tasks.pose_vectors import PoseVectors
from trainers.tasks.prior import PriorTask, negative_log_likelihood

_FRESH = 10_000
_PICTURED = 8
_PICTURE_SIZE = (240, 200)


class PriorStudentTask(PriorTask):
    """A prior that learns the density of the pretrained one, its teacher, from samples."""

    def _read_vectors(self) -> PoseVectors:
        self._teacher = _load_teacher(self._config)
        return _Samples(self._teacher, self._config)

    def finish(self, workdir: Path) -> dict[str, Any]:
        """Saves the prior and compares it with its teacher on fresh samples, pictures included."""
        summary = super().finish(workdir)
        # On its own samples the teacher has the lowest loss of all densities.
        fresh = self._teacher.sample(_FRESH, self._config.seed + 1)
        summary["fresh_samples"] = {
            "prior": negative_log_likelihood(self._prior, fresh),
            "teacher": negative_log_likelihood(self._teacher, fresh),
        }
        (workdir / "pictures").mkdir(exist_ok=True)
        png.write(workdir / "pictures" / "samples.png", self._samples_sheet())
        return summary

    def _samples_sheet(self) -> np.ndarray:
        """Pictures of samples: the teacher's above, the new prior's below."""
        poses = [
            prior.space.to_pose(prior.sample(_PICTURED, seed=2))
            for prior in (self._teacher, self._prior)
        ]
        body = load_small()
        vertices = body(pose=tf.concat(poses, axis=0)).vertices.numpy()
        return contact_sheet(
            [body_picture(person, body.faces, view=_PICTURE_SIZE) for person in vertices],
            columns=_PICTURED,
            title=f"Samples: {self._config.data.teacher} above, the new prior below",
        )


class _Samples(PoseVectors):
    """A teacher's samples, which carry its dequantisation noise already."""

    def __init__(self, teacher: PosePrior, config: ConfigDict):
        self._config = config
        self.num_train = config.data.num_samples
        self.num_validation = config.data.num_samples // 10
        samples = teacher.sample(self.num_train + self.num_validation, config.seed)
        with tf.device("CPU:0"):
            self._train = tf.identity(samples[: self.num_train])
        self.validation = samples[self.num_train :]

    def batch(self, step: tf.Tensor) -> tf.Tensor:
        rows = tf.random.stateless_uniform(
            (self._config.batch_size,),
            tf.stack([tf.constant(self._config.seed, tf.int64), step]),
            maxval=self.num_train,
            dtype=tf.int32,
        )
        return tf.gather(self._train, rows)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        x = self._train.numpy().astype(np.float64)
        return x.mean(0), np.cov(x.T)

    def some(self, count: int) -> np.ndarray:
        return self._train[:count].numpy()

    def description(self) -> dict[str, Any]:
        return self._config.data.to_dict()


def _load_teacher(config: ConfigDict) -> PosePrior:
    teacher = priors.load(config.data.teacher, "density", "samples")
    ours = (config.prior.space, config.prior.sigma)
    theirs = (teacher.space.name, teacher.sigma)
    if ours != theirs:
        raise InputError(
            f"config.prior: space and sigma: expected those of {config.data.teacher}, {theirs[0]} "
            f"and {theirs[1]}, received {ours[0]} and {ours[1]}"
        )
    return teacher
