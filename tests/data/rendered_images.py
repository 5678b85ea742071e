"""Small data sets of rendered people with all labels."""

import functools

from hps_tf.data.images import image_dataset
from hps_tf.data.synthetic import GROUP_FRAMES, Generator, Group, PriorPeople
from tests import loaded_once

SIZE = 64


def write(directory, body="default", num_shape=None, changed=lambda example: example, **counts):
    """Writes images of 64 pixels, `counts[split]` per split; gives the directory.

    Args:
      directory: Where to.
      body: The body that the labels are said to be of.
      num_shape: Its shape components; by default the embedded body's.
      changed: Turns an example into one of that body.
      **counts: Images of each split.
    """
    generator = Generator(SIZE, seed=0, num_vertices=3000)

    def examples(split, count):
        group = Group(split, 0, _people().draw(split, 0, GROUP_FRAMES, 0), count)
        return map(changed, generator(group))

    image_dataset.write(
        directory,
        {split: examples(split, count) for split, count in counts.items()},
        image_size=SIZE,
        num_shape=num_shape or generator.num_shape,
        body=body,
        settings={},
        dropped={},
    )
    return directory


@functools.cache
def _people():
    """Kept for all modules of tests: its graphs take seconds to make."""
    return PriorPeople(loaded_once.prior("cmu-6d-light"))
