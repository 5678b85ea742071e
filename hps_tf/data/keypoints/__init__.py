"""Keypoints, boxes and part masks of people, from the files of annotators and detectors."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
