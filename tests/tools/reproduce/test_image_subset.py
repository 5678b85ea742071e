import pytest

from hps_tf.data.images import image_records
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.errors import InputError
from tools.reproduce import image_subset


def names(directory, split):
    dataset = ImageDataset(directory, split)
    records = dataset.records(range(len(dataset)))
    return {image_records.subject_and_name(record)[1] for record in records}


def test_a_larger_share_holds_a_smaller_one(domains, tmp_path):
    labelled, _ = domains
    for share in (0.3, 0.7, 1.0):
        image_subset.write(labelled, tmp_path / str(share), share)
    some, more, everything = (names(tmp_path / str(share), "train") for share in (0.3, 0.7, 1.0))
    assert some < more < everything
    assert everything == names(labelled, "train")


def test_other_splits_and_the_labels_of_what_is_left_are_kept(domains, tmp_path):
    _, weak = domains
    image_subset.write(weak, tmp_path / "half", 0.5)
    assert names(tmp_path / "half", "val") == names(weak, "val")
    half = ImageDataset(tmp_path / "half", "train")
    sums = half.manifest["splits"]["train"]
    assert sums["examples"] == sums["keypoints"] == len(half)
    assert sums["pose"] == 0
    assert half.subjects == ImageDataset(weak, "train").subjects


def test_a_share_without_any_image_is_an_error(domains, tmp_path):
    with pytest.raises(InputError, match="expected images in a share of 1e-09, received none"):
        image_subset.write(domains[0], tmp_path / "none", 1e-9)
    assert not (tmp_path / "none").exists()
