"""`tools.tune` whose trials train the toy task of tests/trainers."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from hps_tf.cli import command
from tools import tune

TOY = Path(__file__).resolve().parents[2] / "trainers" / "toy.py"

if __name__ == "__main__":
    command.run(lambda: tune.main(program=(sys.executable, str(TOY))), "tools.tune")
