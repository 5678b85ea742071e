"""Training jobs: ``python -m trainers.train``."""

from hps_tf.cli import environment

environment.of_module_programs()
