"""`hps_tf.cli.predict`, from a checkout: ``python -m tools.predict``."""

from hps_tf.cli import command
from hps_tf.cli.predict import main

if __name__ == "__main__":
    command.run(main, "tools.predict")
