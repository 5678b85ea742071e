from .generator import GROUP_FRAMES, Generator, Group
from .people import ClipPeople, People, PriorPeople
from .style import STYLES, Style

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
