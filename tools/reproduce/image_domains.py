"""The two image domains of the tables: one with 3D labels, one with keypoints and parts alone.

Prepared images of the user's own, or synthetic ones of two styles that are rendered here.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from hps_tf.data.images import image_manifest
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.errors import InputError
from tools import prepare_synthetic

SPLITS = "train=0.8,val=0.1,test=0.1"

_LABELLED_SEED, _WEAK_SEED, _VIDEO_SEED = 0, 1, 2


@dataclasses.dataclass(frozen=True)
class Synthetic:
    """The images to render where no prepared ones are given.

    Attributes:
      num_images: Of each domain, all splits together.
      image_size: Pixels per side.
      mocap: Directories of prepared motion; without, poses are samples of the prior, and nobody
        is a subject.
    """

    num_images: int
    image_size: int
    mocap: tuple[Path, ...]


def labelled(directory: Path, synthetic: Synthetic) -> Path:
    """Renders the labelled domain, style a, unless it is there; returns its directory."""
    arguments = ["--style=a", f"--seed={_LABELLED_SEED}", f"--splits={SPLITS}"]
    return _rendered(directory / "labelled", synthetic, arguments)


def weak(directory: Path, synthetic: Synthetic) -> Path:
    """Renders the weak domain, style b, unless it is there; returns its directory."""
    arguments = ["--style=b", "--labels=2d", f"--seed={_WEAK_SEED}", f"--splits={SPLITS}"]
    return _rendered(directory / "weak", synthetic, arguments)


def video(directory: Path, synthetic: Synthetic, length: int) -> Path:
    """Renders videos of unseen subjects, style a, unless they are there; returns their directory.

    Args:
      directory: Where to.
      synthetic: With motion capture; a tenth of its images are rendered.
      length: Frames of a video.
    """
    count = max(length, synthetic.num_images // 10)
    arguments = ["--style=a", f"--seed={_VIDEO_SEED}", "--splits=test=1", f"--sequences={length}"]
    fewer = dataclasses.replace(synthetic, num_images=count)
    return _rendered(directory / "video", fewer, arguments)


def held_out(directory: Path) -> ImageDataset:
    """The test split, or the validation split of a dataset without one."""
    splits = image_manifest.read_manifest(directory)["splits"]
    return ImageDataset(directory, "test" if "test" in splits else "val")


def check(option: str, directory: Path, labels: Sequence[str]) -> None:
    """Checks that a directory of prepared images serves as a domain.

    Args:
      option: The command line's option that names it.
      directory: The directory.
      labels: Labels that some training image must have: names of
        `hps_tf.data.images.image_example.LABELS`.

    Raises:
      InputError: If it doesn't.
    """
    splits = image_manifest.read_manifest(directory)["splits"]
    for split in ("train", "val"):
        if split not in splits:
            raise InputError(
                f"{option} {directory}: expected the splits train and val, received"
                f" {', '.join(splits)}"
            )
    missing = [label for label in labels if not splits["train"].get(label)]
    if missing:
        raise InputError(
            f"{option} {directory}: expected training images with {', '.join(labels)}, received"
            f" none with {missing[0]}"
        )


def _rendered(directory: Path, synthetic: Synthetic, arguments: list[str]) -> Path:
    if (directory / image_manifest.MANIFEST).is_file():
        return directory
    directory.parent.mkdir(parents=True, exist_ok=True)
    print(f"rendering {directory}", flush=True)
    motion = [f"--data={','.join(map(str, synthetic.mocap))}"] if synthetic.mocap else []
    prepare_synthetic.main(
        [
            f"--output={directory}",
            f"--num_images={synthetic.num_images}",
            f"--image_size={synthetic.image_size}",
            *arguments,
            *motion,
        ]
    )
    return directory
