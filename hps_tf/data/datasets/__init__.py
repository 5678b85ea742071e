"""Readers of public datasets: COCO with DensePose, Human3.6M and 3DPW."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
