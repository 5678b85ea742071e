"""Fits bodies to 2D keypoints that you already have.

    python examples/own_keypoints.py people.json --image_dir images --output keypoints_out

The file is one of COCO, OpenPose, MediaPipe, MMPose, AlphaPose, YOLO, ViTPose, Detectron2 or an
.npz file with an array `keypoints`. Writes fitted.npz with all bodies, and for each image IMAGE.png
with the bodies over it: rings are the given keypoints, dots the fitted ones.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

import hps_tf.body
from hps_tf.fitting import Evidence, FitResult, fit
from hps_tf.visualization import Marks, overlay, png


def fit_people(keypoints: Path, image_dir: Path, output: Path, num_starts: int = 4) -> FitResult:
    """Fits a body to each person of a keypoint file."""
    evidence = Evidence.from_file(keypoints, image_dir=image_dir)
    for skipped in evidence.left_out:
        print(f"left out: {skipped}")
    fitted = fit(evidence, num_starts=num_starts)
    fitted.save(output / "fitted.npz")
    for name, pixels in zip(evidence.image_names, fitted.residuals, strict=True):
        print(f"{name}: {np.nanmean(pixels):.1f} pixels off the keypoints")
    draw(evidence, fitted, image_dir, output)
    return fitted


def draw(evidence: Evidence, fitted: FitResult, image_dir: Path, output: Path) -> None:
    """Draws the bodies and keypoints of each image over it."""
    body = hps_tf.body.load_small()
    people = body(pose=fitted.pose, shape=fitted.shape, translation=fitted.translation)
    for name in np.unique(evidence.image_names):
        rows = np.flatnonzero(evidence.image_names == name)
        seen = evidence.confidence[rows] > 0
        marks = Marks(evidence.keypoints[rows], seen, fitted.keypoints_2d[rows])
        pixels = np.asarray(Image.open(image_dir / name).convert("RGB"))
        camera = evidence.intrinsics[rows[0]]
        picture = overlay(pixels, people.vertices.numpy()[rows], body.faces, camera, marks=marks)
        png.write(output / f"{Path(name).stem}.png", picture)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("keypoints", type=Path)
    parser.add_argument("--image_dir", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=Path("keypoints_out"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    fit_people(arguments.keypoints, arguments.image_dir, arguments.output)
