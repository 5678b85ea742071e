"""`hps_tf.cli.fit`, from a checkout: ``python -m tools.fit``."""

from hps_tf.cli import command
from hps_tf.cli.fit import main

if __name__ == "__main__":
    command.run(main, "tools.fit")
