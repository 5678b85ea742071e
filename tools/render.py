"""`hps render`, from a checkout: ``python -m tools.render``."""

from hps_tf.cli import commands

if __name__ == "__main__":
    commands.run("render", "tools.render")
