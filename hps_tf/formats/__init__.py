"""Files that people take home: GLB, BVH, SMPL-style npz, COCO keypoints, CSV and OBJ."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
