"""`hps photo`, from a checkout: ``python -m tools.photo``."""

from hps_tf.cli import commands

if __name__ == "__main__":
    commands.run("photo", "tools.photo")
