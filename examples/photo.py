"""Reconstructs everybody in photographs.

    python examples/photo.py photograph.jpg --output photo_out

Writes NAME.glb with a skinned body per person, NAME.png with the bodies over the photograph, and
people.npz with the poses, shapes, joints and deviations of all photographs.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

import hps_tf.reconstruction
from hps_tf.visualization import overlay, png


def reconstruct(paths: list[Path], output: Path) -> hps_tf.reconstruction.Reconstruction:
    """Reconstructs and draws the people of each photograph."""
    reconstructor = hps_tf.reconstruction.load()
    people = reconstructor(paths, max_people=10)
    people.save(output / "people.npz")
    for number, path in enumerate(paths):
        found = people.of_image(number)
        print(f"{path}: {len(found)} people, {found.residuals.round(1)} pixels off the keypoints")
        if not len(found):
            continue
        found.save(output / f"{path.stem}.glb")
        pixels = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
        over = overlay(pixels, found.vertices(), found.body.faces, found.intrinsics[0])
        png.write(output / f"{path.stem}.png", over)
    return people


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photographs", nargs="+", type=Path)
    parser.add_argument("--output", type=Path, default=Path("photo_out"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    reconstruct(arguments.photographs, arguments.output)
