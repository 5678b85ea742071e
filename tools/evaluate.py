"""`hps evaluate`, from a checkout: ``python -m tools.evaluate``."""

from hps_tf.cli import commands

if __name__ == "__main__":
    commands.run("evaluate", "tools.evaluate")
