import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.data.images.augmentation import Augmentation, augment, resize

NOTHING = Augmentation.none()


@pytest.fixture(scope="module")
def batch(make_batch):
    return make_batch(6, 64)


@pytest.fixture(scope="module")
def seeds():
    return tf.constant([[7, number] for number in range(6)], tf.int64)


def assert_same(actual, expected):
    assert actual.keys() == expected.keys()
    for field in expected.keys() - {"name"}:
        np.testing.assert_allclose(actual[field], expected[field], atol=2e-5, err_msg=field)


def test_without_strength_it_resizes(batch, seeds):
    assert_same(augment(batch, seeds, 48, 24, NOTHING), resize(batch, 48, 24))


def test_resizing_to_the_same_size_changes_nothing(batch):
    assert_same(resize(batch, 64, 64), batch)


def test_a_seed_gives_an_example_the_same_changes_wherever_it_stands(batch, seeds):
    settings = Augmentation(occluders=0.5, background=0.5)
    expected = augment(batch, seeds, 48, 24, settings)
    assert_same(augment(batch, seeds, 48, 24, settings), expected)
    order = [4, 0, 5, 2, 2]
    moved = augment(
        {field: tf.gather(value, order) for field, value in batch.items()},
        tf.gather(seeds, order),
        *(48, 24, settings),
    )
    assert_same(moved, {field: tf.gather(value, order) for field, value in expected.items()})
    for number in range(6):
        alone = slice(number, number + 1)
        single = {field: value[alone] for field, value in batch.items()}
        assert_same(
            augment(single, seeds[alone], 48, 24, settings),
            {field: value[alone] for field, value in expected.items()},
        )


def test_another_seed_gives_other_changes(batch, seeds):
    first = augment(batch, seeds, 48, 24, Augmentation())
    second = augment(batch, seeds + tf.constant([1, 0], tf.int64), 48, 24, Augmentation())
    assert np.abs(first["intrinsics"] - second["intrinsics"]).max(axis=(1, 2)).min() > 0.01
    assert np.abs(first["image"] - second["image"]).max(axis=(1, 2, 3)).min() > 0.05


def test_switching_one_change_off_leaves_the_others(batch, seeds):
    settings = Augmentation()
    without = dataclasses.replace(settings, colour=0.0, occluders=0.0)
    first, second = (augment(batch, seeds, 48, 24, s) for s in (settings, without))
    for field in ("intrinsics", "pose", "keypoints_2d"):
        np.testing.assert_array_equal(first[field], second[field])


def test_occluders_hide_parts_and_leave_all_else(batch, seeds):
    settings = dataclasses.replace(NOTHING, occluders=1.0)
    hidden, plain = augment(batch, seeds, 64, 64, settings), resize(batch, 64, 64)
    gone = (plain["part_labels"].numpy() > 0) & (hidden["part_labels"].numpy() == 0)
    kept = hidden["part_labels"].numpy() == plain["part_labels"].numpy()
    assert gone.any()
    assert (gone | kept).all()
    assert_same(
        {field: hidden[field] for field in plain.keys() - {"image", "part_labels"}},
        {field: plain[field] for field in plain.keys() - {"image", "part_labels"}},
    )


def test_only_backgrounds_of_silhouettes_are_replaced(batch, seeds):
    settings = dataclasses.replace(NOTHING, background=1.0)
    flags = tf.constant([1.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    changed = augment(batch | {"is_silhouette": flags}, seeds, 64, 32, settings)
    np.testing.assert_array_equal(changed["is_silhouette"], flags)
    np.testing.assert_array_equal(changed["part_labels"], resize(batch, 64, 32)["part_labels"])
    differs = np.abs(changed["image"] - batch["image"]).max(-1) > 0.02
    background = batch["part_labels"].numpy() == 0
    for number, flag in enumerate(flags.numpy()):
        assert (differs[number][background[number]].mean() > 0.7) == (flag == 1)
        if not flag:
            assert not differs[number].any()


def test_probabilities_are_kept(make_batch):
    one = make_batch(1, 16)
    many = {field: tf.repeat(value, 400, axis=0) for field, value in one.items()}
    seeds = tf.stack([tf.range(400, dtype=tf.int64)] * 2, axis=1)
    plain = resize(one, 16, 16)["image"]
    for field, probability in {"occluders": 0.3, "background": 0.4}.items():
        settings = dataclasses.replace(NOTHING, **{field: probability})
        images = tf.function(augment)(many, seeds, 16, 16, settings)["image"]
        changed = np.abs(images - plain).max(axis=(1, 2, 3)) > 1e-4
        assert changed.mean() == pytest.approx(probability, abs=0.05)


def test_in_a_dataset_shapes_are_static_and_results_are_the_same(batch, seeds):
    settings = Augmentation()
    data = tf.data.Dataset.from_tensor_slices((batch, seeds)).batch(3, drop_remainder=True)
    data = data.map(lambda examples, own: augment(examples, own, 48, 24, settings))
    shapes = {field: spec.shape for field, spec in data.element_spec.items()}
    assert shapes["image"] == (3, 48, 48, 3)
    assert shapes["part_labels"] == (3, 24, 24)
    assert all(shape.is_fully_defined() for shape in shapes.values())
    expected = augment(batch, seeds, 48, 24, settings)
    for number, actual in enumerate(data):
        rows = slice(3 * number, 3 * number + 3)
        assert_same(actual, {field: value[rows] for field, value in expected.items()})


def test_wrong_arguments_are_named(batch, seeds):
    with pytest.raises(ValueError, match=r"`seeds`: expected shape \(\?, 2\), received \(6, 3\)"):
        augment(batch, tf.zeros((6, 3), tf.int64), 48, 24, NOTHING)
    with pytest.raises(ValueError, match="`size`: expected at least 1, received 0"):
        resize(batch, 0, 24)
    oblong = batch | {"image": batch["image"][:, :, :40]}
    with pytest.raises(ValueError, match=r"`image`: expected shape \(\?, 64, 64, 3\), received"):
        resize(oblong, 48, 24)
    with pytest.raises(ValueError, match=r"`image`: expected values in 0\.\.1, received .* to 25"):
        resize(batch | {"image": 255.0 * batch["image"]}, 48, 24)
    with pytest.raises(
        ValueError, match=r"`image`: expected floating-point values in 0\.\.1, received uint8"
    ):
        resize(batch | {"image": tf.cast(255.0 * batch["image"], tf.uint8)}, 48, 24)
