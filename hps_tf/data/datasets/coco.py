"""COCO, with DensePose's part masks, as a dataset to prepare."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hps_tf.body import default_body
from hps_tf.data.datasets import coco_images
from hps_tf.data.datasets.coco_examples import ExampleMaker
from hps_tf.data.datasets.coco_images import CocoPhotograph
from hps_tf.data.datasets.preparation import Drops
from hps_tf.data.keypoints.part_masks import DensePoseMasks
from hps_tf.io import json_values


class Coco:
    """See `DatasetAdapter`; its sources are photographs, and so are its items.

    Nobody in COCO has a pose; the examples go together with those of the embedded body.

    Args:
      images: Directory of the photographs.
      keypoints: Content and name of ``person_keypoints_*.json``.
      densepose: Content and name of ``densepose_coco_2014_*.json``, or None.
      image_size: Side of the crops in pixels.
      parts_only: Whether people without part labels are left out.
      num_test: Photographs to test with; see `coco_images.split`.
      num_train: Photographs to train with.
      skip_bad: Whether to count damaged annotations and photographs instead of failing.

    Raises:
      InputError: If an annotation file is damaged.
    """

    body = "default"
    sources_per_process = 256

    def __init__(
        self,
        images: Path,
        keypoints: tuple[bytes, str],
        densepose: tuple[bytes, str] | None,
        image_size: int,
        *,
        parts_only: bool = False,
        num_test: int | None = None,
        num_train: int | None = None,
        skip_bad: bool = False,
    ):
        self.image_size = image_size
        self.num_shape = default_body.read(3000).shapedirs.shape[-1]
        self.drops = Drops()
        self.make = ExampleMaker(images, image_size, parts_only, skip_bad)
        masks = None
        if densepose is not None:
            masks = DensePoseMasks(json_values.parse(*densepose), densepose[1], skip_bad=skip_bad)
        chosen = coco_images.read(
            json_values.parse(*keypoints),
            keypoints[1],
            masks,
            self.drops,
            parts_only=parts_only,
            skip_bad=skip_bad,
        )
        self._splits = coco_images.split(chosen, self.drops, num_test, num_train)

    def splits(self) -> Mapping[str, Sequence[CocoPhotograph]]:
        """The photographs of ``test`` and ``train``."""
        return self._splits

    def items(self, sources: Sequence[CocoPhotograph]) -> Iterator[CocoPhotograph]:
        """The photographs themselves."""
        return iter(sources)
