from . import (
    coco,
    coco_examples,
    coco_images,
    human36m,
    threedpw,
    threedpw_adapter,
    threedpw_examples,
)
from .preparation import DatasetAdapter, Drops, Outcome, prepare

__all__ = [
    "DatasetAdapter",
    "Drops",
    "Outcome",
    "coco",
    "coco_examples",
    "coco_images",
    "human36m",
    "prepare",
    "threedpw",
    "threedpw_adapter",
    "threedpw_examples",
]
