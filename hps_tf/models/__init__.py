"""The staged network (Zanfir et al. 2020, section 2.3)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
