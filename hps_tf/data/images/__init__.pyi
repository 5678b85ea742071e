from . import default_camera, image_dataset, image_records, photographs
from .image_batches import ImageBatches
from .image_dataset import ImageDataset
from .image_example import ImageExample
from .lens import Lens
from .person_crop import PersonCrop, crop_person
from .photographs import Photograph
from .video_frames import VideoFile

__all__ = [
    "ImageBatches",
    "ImageDataset",
    "ImageExample",
    "Lens",
    "PersonCrop",
    "Photograph",
    "VideoFile",
    "crop_person",
    "default_camera",
    "image_dataset",
    "image_records",
    "photographs",
]
