from . import datasets, images, keypoint_noise, keypoints, mocap, synthetic

__all__ = [
    "datasets",
    "images",
    "keypoint_noise",
    "keypoints",
    "mocap",
    "synthetic",
]
