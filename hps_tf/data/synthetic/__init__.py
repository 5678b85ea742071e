"""Images of rendered people with exact labels, made by the project alone: nothing is downloaded."""

from hps_tf.data.synthetic.generator import GROUP_FRAMES, Generator, Group
from hps_tf.data.synthetic.people import ClipPeople, People, PriorPeople
from hps_tf.data.synthetic.style import STYLES, Style

__all__ = [
    "GROUP_FRAMES",
    "STYLES",
    "ClipPeople",
    "Generator",
    "Group",
    "People",
    "PriorPeople",
    "Style",
]
