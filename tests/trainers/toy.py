"""A task small enough to train in a moment; as a program, `trainers.train` that knows it.

The environment variable TOY_DEVICES sets how many logical CPU devices the program has.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import keras
import numpy as np
import tensorflow as tf

from hps_tf.cli import command
from trainers import tasks, train
from trainers.configs import base
from trainers.task import Task


def get_config():
    config = base.training()
    config.task = "toy"
    config.steps = 60
    config.batch_size = 16
    config.steps_per_call = 7
    config.log_every = 10
    config.validate_every = 20
    config.checkpoint_every = 20
    config.patience = 0
    config.xla = False  # Compiling takes longer than the training.
    config.optimizer.learning_rate = 1e-2
    config.optimizer.warmup_steps = 5
    config.optimizer.clip_norm = 0.3  # Low enough to act.
    config.optimizer.average_decay = 0.9
    config.dropout = 0.0
    config.nan_step = -1  # The step whose batch holds a NaN.
    config.validation_losses = ()  # Instead of the true ones.
    return config


class ToyTask(Task):
    """Regression of a known function."""

    def __init__(self, config):
        self.config = config
        self.validations = 0

    def build(self):
        self.model = keras.Sequential(
            [
                keras.Input((3,)),
                keras.layers.Dense(16, activation="tanh"),
                keras.layers.Dropout(self.config.dropout),
                keras.layers.Dense(1, dtype="float32"),
            ]
        )
        return self.model

    def batch(self, step):
        seed = tf.stack([tf.constant(self.config.seed, tf.int64), step])
        x = tf.random.stateless_normal((self.config.batch_size, 3), seed)
        y = tf.reduce_sum(tf.sin(2.0 * x), axis=-1)
        return {"x": x, "y": tf.where(step == self.config.nan_step, np.nan, y)}

    def loss(self, batch):
        error = self.model(batch["x"], training=True)[:, 0] - batch["y"]
        return tf.square(error), {"absolute_error": tf.abs(error)}

    def validate(self):
        self.validations += 1
        if self.config.validation_losses:
            return {"loss": self.config.validation_losses[self.validations - 1]}
        batch = self.batch(tf.constant(-7, tf.int64))
        error = self.model(batch["x"])[:, 0] - batch["y"]
        return {"loss": float(tf.reduce_mean(tf.square(error)))}

    def finish(self, workdir):
        weights = {str(index): value for index, value in enumerate(self.model.get_weights())}
        np.savez(workdir / "weights.npz", **weights)
        return {"validation": self.validate()}


def main():
    devices = int(os.environ.get("TOY_DEVICES", "1"))
    if devices > 1:
        cpu = tf.config.list_physical_devices("CPU")[0]
        logical = [tf.config.LogicalDeviceConfiguration() for _ in range(devices)]
        tf.config.set_logical_device_configuration(cpu, logical)
    tasks.TASKS["toy"] = ToyTask
    train.run()


if __name__ == "__main__":
    command.run(main, "toy")
