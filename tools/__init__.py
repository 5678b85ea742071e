"""From a checkout: preparing data, tuning, benchmarks, and reproducing the paper's tables."""

from hps_tf.cli import environment

environment.of_module_programs()
