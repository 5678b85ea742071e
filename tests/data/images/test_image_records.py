import io
import itertools

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from hps_tf.data.images import image_records
from hps_tf.data.images.image_example import LABELS
from tests.data.image_examples import NUM_SHAPE, SIZE, example, picture

ARRAYS = {
    "keypoints_2d": "keypoints",
    "keypoint_weights": "keypoints",
    "part_labels": "parts",
    "pose": "pose",
    "shape": "pose",
    "translation": "pose",
    "markers_3d": "markers",
}
MIXES = [labels for count in range(5) for labels in itertools.combinations(LABELS, count)]


def parse(*examples):
    records = [image_records.encode(one) for one in examples]
    return image_records.parse(tf.constant(records), SIZE, NUM_SHAPE)


def altered(**fields):
    """A record with features that `encode` would not give it; None takes one away."""
    message = tf.train.Example.FromString(image_records.encode(example()))
    for field, feature in fields.items():
        del message.features.feature[field]
        if feature is not None:
            message.features.feature[field].CopyFrom(feature)
    return message.SerializeToString()


def bytes_feature(value):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def png(labels):
    buffer = io.BytesIO()
    Image.fromarray(labels).save(buffer, "PNG")
    return buffer.getvalue()


def test_every_mix_of_labels_comes_back_and_the_rest_is_zero():
    written = [example(f"{n}", labels, seed=n) for n, labels in enumerate(MIXES)]
    assert len(written) == 16
    batch = {field: tensor.numpy() for field, tensor in parse(*written).items()}
    for n, (one, labels) in enumerate(zip(written, MIXES, strict=True)):
        for field, label in ARRAYS.items():
            value = getattr(one, field)
            expected = value if label in labels else np.zeros_like(batch[field][n])
            np.testing.assert_array_equal(batch[field][n], expected, err_msg=f"{labels} {field}")
        for label in LABELS:
            assert batch[f"has_{label}"][n] == (label in labels)
        assert batch["is_silhouette"][n] == ("parts" in labels)
        np.testing.assert_array_equal(batch["intrinsics"][n], one.intrinsics.astype(np.float32))
        pixels = np.asarray(Image.open(io.BytesIO(one.image)))
        np.testing.assert_array_equal(batch["image"][n], pixels.astype(np.float32) / 255)
        for field in ("name", "subject", "action", "sequence"):
            assert batch[field][n].decode() == getattr(one, field)
        assert batch["frame"][n] == one.frame


def test_types_are_as_stated():
    batch = parse(example())
    types = {field: tensor.dtype for field, tensor in batch.items()}
    assert types.pop("part_labels") == tf.uint8
    assert types.pop("frame") == tf.int64
    assert all(types.pop(name) == tf.string for name in ("name", "subject", "action", "sequence"))
    assert set(types.values()) == {tf.float32}


def test_shapes_are_static_in_a_graph_and_values_those_outside_of_it():
    written = [example("a", seed=1), example("b", ("parts",), seed=2), example("c", (), seed=3)]
    records = [image_records.encode(one) for one in written]
    dataset = (
        tf.data.Dataset.from_tensor_slices(records)
        .batch(3, drop_remainder=True)
        .map(lambda batch: image_records.parse(batch, SIZE, NUM_SHAPE))
    )
    expected = parse(*written)
    for field, spec in dataset.element_spec.items():
        assert spec.shape.is_fully_defined(), field
        assert spec.shape == expected[field].shape
    for field, tensor in next(iter(dataset)).items():
        np.testing.assert_array_equal(tensor, expected[field], err_msg=field)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
def test_pictures_of_other_channels_become_rgb(mode):
    image = picture(mode=mode)
    expected = np.asarray(Image.open(io.BytesIO(image)).convert("RGB"))
    batch = parse(example(image=image))
    np.testing.assert_array_equal(batch["image"][0] * 255, expected.astype(np.float32))


def test_jpegs_are_decoded():
    image = picture(image_format="JPEG")
    expected = np.asarray(Image.open(io.BytesIO(image))) / 255
    # Decoders round differently.
    np.testing.assert_allclose(parse(example(image=image))["image"][0], expected, atol=0.06)


def test_a_missing_keypoint_that_is_not_finite_becomes_zero():
    keypoints = np.array(example().keypoints_2d, np.float64)
    keypoints[3] = np.nan, 1e300
    batch = parse(example(keypoints_2d=keypoints))
    keypoints[3] = 0
    np.testing.assert_array_equal(batch["keypoints_2d"][0], keypoints.astype(np.float32))


def test_labels_that_are_no_parts_are_background():
    labels = np.arange(256, dtype=np.uint8).reshape(SIZE, SIZE)
    record = altered(part_labels=bytes_feature(png(labels)))
    batch = image_records.parse(tf.constant([record]), SIZE, NUM_SHAPE)
    np.testing.assert_array_equal(batch["part_labels"][0], np.where(labels <= 14, labels, 0))


def test_equal_examples_have_equal_records():
    assert image_records.encode(example()) == image_records.encode(example())


def test_subject_and_name_are_read_alone():
    record = image_records.encode(example("naïve", subject="S9"))
    assert image_records.subject_and_name(record) == ("S9", "naïve")


@pytest.mark.parametrize(
    "record",
    [
        b"something else",
        b"",
        altered(image=None),
        altered(name=None),
        altered(intrinsics=None),
        altered(has_pose=None),
        altered(pose=bytes_feature(b"abc")),
        altered(image=bytes_feature(b"abc")),
        altered(image=bytes_feature(picture(size=8))),
        altered(image=bytes_feature(picture()[:100])),
        altered(part_labels=bytes_feature(b"abc")),
        altered(part_labels=bytes_feature(png(np.zeros((8, 8), np.uint8)))),
    ],
)
def test_records_of_something_else_are_errors_of_tensorflow(record):
    dataset = tf.data.Dataset.from_tensors([record]).map(
        lambda batch: image_records.parse(batch, SIZE, NUM_SHAPE)
    )
    with pytest.raises(tf.errors.OpError):
        next(iter(dataset))


def test_another_number_of_shape_components_is_an_error():
    with pytest.raises(tf.errors.OpError, match="shape"):
        image_records.parse(tf.constant([image_records.encode(example())]), SIZE, NUM_SHAPE + 1)
