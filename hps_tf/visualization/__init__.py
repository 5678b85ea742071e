"""Pictures of bodies in soft light, contact sheets, and meshes as glTF files."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
