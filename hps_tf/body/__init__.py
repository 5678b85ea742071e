"""The body: skeleton, parts, the model from pose and shape to vertices, and readers of files."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
