"""`hps convert`, from a checkout: ``python -m tools.convert``."""

from hps_tf.cli import commands

if __name__ == "__main__":
    commands.run("convert", "tools.convert")
