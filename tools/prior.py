"""`hps prior`, from a checkout: ``python -m tools.prior``."""

from hps_tf.cli import commands

if __name__ == "__main__":
    commands.run("prior", "tools.prior")
