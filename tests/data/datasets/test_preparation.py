"""A dataset from outside of the package, prepared with public names alone."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from hps_tf.data.datasets import Drops, Outcome, prepare
from hps_tf.data.images import default_camera, image_dataset, image_manifest, person_crop
from hps_tf.data.images.image_example import ImageExample
from hps_tf.errors import InputError

SIZE = 32


@dataclasses.dataclass(frozen=True)
class Maker:
    """Crops the people of a photograph."""

    def __call__(self, path):
        drops, examples = Drops(), []
        pixels = np.asarray(Image.open(path))
        for number, box in enumerate(json.loads(path.with_suffix(".json").read_text())):
            if box[2] < 8:
                drops.add("small", f"{path.name}, person {number}")
                continue
            crop = person_crop.crop_person(
                pixels, np.array(box), default_camera.intrinsics(pixels.shape[:2]), SIZE
            )
            examples.append(
                ImageExample(
                    name=f"{path.stem}_{number}", image=crop.image, intrinsics=crop.intrinsics
                )
            )
        return Outcome(examples, drops)


class Holiday:
    """Photographs with boxes of people."""

    body = "default"
    num_shape = 16
    image_size = SIZE
    sources_per_process = 1
    make = Maker()

    def __init__(self, directory):
        self.drops = Drops()
        self._paths = sorted(directory.glob("*.png"))

    def splits(self):
        return {"train": self._paths[:2], "val": self._paths[2:]}

    def items(self, sources):
        for path in sources:
            if path.with_suffix(".json").exists():
                yield path
            else:
                self.drops.add("not labelled")


@pytest.fixture
def directory(tmp_path):
    rng = np.random.default_rng(0)
    for number, boxes in enumerate(([[4, 4, 40, 40], [0, 0, 4, 4]], None, [[8, 0, 30, 50]])):
        pixels = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        if boxes is not None:
            (tmp_path / f"{number}.json").write_text(json.dumps(boxes))
    return tmp_path


@pytest.mark.parametrize("max_processes", [1, 2])
def test_a_dataset_of_ones_own_is_prepared(directory, tmp_path, max_processes):
    dataset, done = Holiday(directory), []
    output = tmp_path / "out"
    manifest = prepare(
        dataset,
        output,
        settings={"format": "holiday"},
        max_processes=max_processes,
        finished=done.append,
    )
    assert manifest["dropped"] == {"not labelled": 1, "small": 1}
    assert dataset.drops.first == {"small": "0.png, person 1"}
    assert [path.name for path in done] == ["0.png", "2.png"]
    for split in ("train", "val"):
        assert len(image_dataset.ImageDataset(output, split)) == 1
    assert image_manifest.read_manifest(output)["settings"] == {"format": "holiday"}


def test_a_part_of_the_sources_may_be_prepared(directory, tmp_path):
    dataset = Holiday(directory)
    output = tmp_path / "out"
    splits = {"train": dataset.splits()["train"], "val": []}
    manifest = prepare(dataset, output, settings={}, splits=splits)
    assert list(manifest["splits"]) == ["train"]


def test_an_output_without_examples_is_refused_unless_asked_for(directory, tmp_path):
    output = tmp_path / "out"
    with pytest.raises(InputError, match="expected at least one example, received none"):
        prepare(Holiday(directory), output, settings={}, splits={"train": []})
    assert not output.exists()
    prepare(Holiday(directory), output, settings={}, splits={"train": []}, may_be_empty=True)
    assert output.is_dir()


def test_drops_add_up_and_keep_the_first_detail():
    first, second = Drops(), Drops()
    first.add("small", "a")
    second.add("small", "b", count=2)
    second.add("dark", count=0)
    first.update(second)
    assert first.counts == {"small": 3}
    assert first.first == {"small": "a"}
