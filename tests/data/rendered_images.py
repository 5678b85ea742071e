"""Small data sets of rendered people with all labels."""

from hps_tf.data.images import image_dataset
from hps_tf.data.synthetic import GROUP_FRAMES, Generator, Group, PriorPeople
from hps_tf.priors import load

SIZE = 64


def write(directory, **counts):
    """Writes images of 64 pixels, `counts[split]` per split; gives the directory."""
    people = PriorPeople(load("cmu-6d-light"))
    generator = Generator(SIZE, seed=0, num_vertices=3000)

    def examples(split, count):
        return generator(Group(split, 0, people.draw(split, 0, GROUP_FRAMES, 0), count))

    image_dataset.write(
        directory,
        {split: examples(split, count) for split, count in counts.items()},
        image_size=SIZE,
        num_shape=generator.num_shape,
        body="default",
        settings={},
        dropped={},
    )
    return directory
