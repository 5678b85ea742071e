"""`hps_tf.cli.render`, from a checkout: ``python -m tools.render``."""

from hps_tf.cli import command
from hps_tf.cli.render import main

if __name__ == "__main__":
    command.run(main, "tools.render")
