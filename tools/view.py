"""`hps view`, from a checkout: ``python -m tools.view``."""

from hps_tf.cli import commands

if __name__ == "__main__":
    commands.run("view", "tools.view")
