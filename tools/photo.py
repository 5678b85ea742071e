"""`hps_tf.cli.photo`, from a checkout: ``python -m tools.photo``."""

from hps_tf.cli import command
from hps_tf.cli.photo import main

if __name__ == "__main__":
    command.run(main, "tools.photo")
