from . import coco_examples, coco_images, human36m, threedpw, threedpw_examples

__all__ = [
    "coco_examples",
    "coco_images",
    "human36m",
    "threedpw",
    "threedpw_examples",
]
