"""`hps fit`, from a checkout: ``python -m tools.fit``."""

from hps_tf.cli import commands

if __name__ == "__main__":
    commands.run("fit", "tools.fit")
