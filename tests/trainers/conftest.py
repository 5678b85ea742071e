import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.data import rendered_images
from trainers import tasks, train

TOY = Path(__file__).with_name("toy.py")


@pytest.fixture(autouse=True)
def _float32_after():
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="session")
def write_images():
    """Writes rendered images of 64 pixels with all labels, so many of each split."""
    return rendered_images.write


@pytest.fixture(scope="session")
def toy():
    """The module of the toy task, which `trainers.train` then knows."""
    spec = importlib.util.spec_from_file_location("toy", TOY)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tasks.TASKS["toy"] = module.ToyTask
    yield module
    del tasks.TASKS["toy"]


@pytest.fixture
def train_toy(toy):
    """Trains the toy task in this process: ``train_toy(workdir, steps=60, ...)``."""

    def run(workdir, **settings):
        train.main(_arguments(workdir, settings))
        return workdir

    return run


@pytest.fixture
def start_toy():
    """Starts training the toy task in a process of its own; ended with the test."""
    processes = []

    def start(workdir, environment=None, **settings):
        process = subprocess.Popen(
            [sys.executable, str(TOY), *_arguments(workdir, settings)],
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def _arguments(workdir, settings):
    overrides = [f"--config.{name}={value}" for name, value in settings.items()]
    return [f"--config={TOY}", f"--workdir={workdir}", *overrides]


@pytest.fixture(scope="session")
def final_state():
    """Reads all variables of a run's last checkpoint."""

    def read(workdir):
        reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(workdir / "checkpoints"))
        names = [name for name in reader.get_variable_to_shape_map() if "OBJECT_GRAPH" not in name]
        return {name: np.asarray(reader.get_tensor(name)) for name in names}

    return read
