"""Images of meshes by a z-buffer in NumPy: part labels, depth, shaded colour."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
