"""`trainers.train` with as many logical CPU devices as $NETWORK_DEVICES says."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tensorflow as tf

from hps_tf.cli import command
from trainers import train

if __name__ == "__main__":
    count = int(os.environ.get("NETWORK_DEVICES", "1"))
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * count
    )
    tf.config.experimental.enable_op_determinism()
    command.run(train.run, "trainers.train")
