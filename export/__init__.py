"""Exports models as SavedModels and verifies them."""

from hps_tf.cli import environment

environment.of_module_programs()
