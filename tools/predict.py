"""`hps predict`, from a checkout: ``python -m tools.predict``."""

from hps_tf.cli import commands

if __name__ == "__main__":
    commands.run("predict", "tools.predict")
