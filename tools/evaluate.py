"""`hps_tf.cli.evaluate`, from a checkout: ``python -m tools.evaluate``."""

from hps_tf.cli import command
from hps_tf.cli.evaluate.__main__ import main

if __name__ == "__main__":
    command.run(main, "tools.evaluate")
