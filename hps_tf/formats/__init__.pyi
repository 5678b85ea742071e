from .scene import Person, Scene
from .writing import SUFFIXES, write

__all__ = ["SUFFIXES", "Person", "Scene", "write"]
