import collections
import itertools

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.data.images.augmentation import Augmentation
from hps_tf.data.images.image_batches import ImageBatches
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_sources import Mix, Source
from hps_tf.errors import InputError
from hps_tf.losses import pack_part_pixels
from tests.data.image_examples import NUM_SHAPE, SIZE, example, examples, picture, write

# The number of a source's first example, by which `frame` tells where a row is from.
FIRST = (0, 100)
LENGTHS = (7, 5)


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    """Two datasets of 7 and 5 examples; their frames count from 0 and from 100."""
    directory = tmp_path_factory.mktemp("datasets")
    for name, first, length in zip("ab", FIRST, LENGTHS, strict=True):
        made = [
            example(f"{name}{n}", seed=first + n, frame=first + n, subject=f"S{n % 4}")
            for n in range(length)
        ]
        write(directory / name, {"train": made})
    return [ImageDataset(directory / name, "train") for name in "ab"]


def batches(sources, mixes=None, batch_size=4, augmentation=None, seed=0):
    sources = [Source(one) if isinstance(one, ImageDataset) else one for one in sources]
    mixes = mixes or [Mix(0, (1.0,) * len(sources))]
    return ImageBatches(sources, mixes, batch_size, SIZE, SIZE // 2, augmentation, seed)


def batch_of(made, step, rows=slice(None)):
    return made.batch(tf.constant(step, tf.int64), rows)


def frames(made, step):
    """Which examples a batch holds; read without decoding them."""
    records, *_ = made._read(step, slice(None))
    features = [tf.train.Example.FromString(record).features.feature for record in records]
    return [feature["frame"].int64_list.value[0] for feature in features]


def assert_equal(left, right, atol=0.0):
    tf.nest.map_structure(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=atol), left, right
    )


def test_a_batch_is_a_function_of_step_and_seed(datasets):
    made = batches(datasets, augmentation=Augmentation())
    first = [batch_of(made, step) for step in range(4)]
    again = batches(datasets, augmentation=Augmentation())
    for step in (3, 1, 2, 0):
        assert_equal(batch_of(again, step), first[step])
    other = batch_of(batches(datasets, augmentation=Augmentation(), seed=1), 0)
    assert not np.array_equal(other.inputs, first[0].inputs)
    assert not np.array_equal(first[1].inputs, first[0].inputs)


def test_an_example_is_augmented_anew_each_time(datasets):
    made = batches(datasets[1:], batch_size=5, augmentation=Augmentation())
    left, right = batch_of(made, 0), batch_of(made, 1)
    orders = [np.argsort(batch.frame) for batch in (left, right)]
    images = [tf.gather(b.inputs, o) for b, o in zip((left, right), orders, strict=True)]
    assert (np.abs(images[0] - images[1]).max(axis=(1, 2, 3)) > 0.05).all()


def test_rows_of_workers_together_are_the_whole_batch(datasets):
    made = batches(datasets, batch_size=6, augmentation=Augmentation())
    whole = batch_of(made, 5)
    parts = [batch_of(made, 5, slice(start, start + 2)) for start in (0, 2, 4)]
    joined = tf.nest.map_structure(lambda *rows: tf.concat(rows, 0), *parts)
    assert_equal(joined, whole, atol=1e-5)


def test_works_in_a_graph_with_static_shapes(datasets):
    made = batches(datasets, augmentation=Augmentation())
    dataset = tf.data.Dataset.range(2, 4).map(made.batch)
    for spec in tf.nest.flatten(dataset.element_spec):
        assert spec.shape.is_fully_defined()
        assert spec.dtype != tf.string
    for step, batch in enumerate(dataset, start=2):
        expected = batch_of(made, step)
        np.testing.assert_array_equal(batch.frame, expected.frame)
        np.testing.assert_allclose(batch.inputs, expected.inputs, atol=1e-4)


@pytest.mark.parametrize(
    ("shares", "batch_size", "counts"),
    [
        ((1, 1), 4, (2, 2)),
        ((3, 1), 4, (3, 1)),
        ((0.7, 0.3), 10, (7, 3)),
        ((2, 1), 4, (3, 1)),
        ((1, 0), 4, (4, 0)),
        ((0, 5), 3, (0, 3)),
    ],
)
def test_every_batch_has_its_share_of_each_source(shares, batch_size, counts, datasets):
    made = batches(datasets, [Mix(0, shares)], batch_size)
    for step in range(9):
        found = np.array(frames(made, step)) >= FIRST[1]
        assert (np.sum(~found), np.sum(found)) == counts


@pytest.mark.parametrize(
    "mixes",
    [
        [Mix(0, (3, 1))],
        [Mix(0, (1, 1)), Mix(3, (3, 1)), Mix(8, (1, 3))],
        [Mix(0, (1, 0)), Mix(5, (1, 1)), Mix(6, (0, 1)), Mix(11, (3, 1))],
    ],
)
def test_no_example_comes_again_before_all_others_of_its_source(mixes, datasets):
    made = batches(datasets, mixes)
    drawn = [frame for step in range(60) for frame in frames(made, step)]
    for first, length in zip(FIRST, LENGTHS, strict=True):
        own = [frame - first for frame in drawn if first <= frame < first + 100]
        epochs = [own[start : start + length] for start in range(0, len(own), length)]
        assert len(epochs) > 3
        # A batch's places are mixed, so an epoch's last examples may change places with the next
        # one's first: count by batch instead of by place.
        seen = collections.Counter()
        for step in range(60):
            seen.update(f - first for f in frames(made, step) if first <= f < first + 100)
            counts = [seen[number] for number in range(length)]
            assert max(counts) - min(counts) <= 1, step
        assert len({tuple(epoch) for epoch in epochs}) > 1


def test_every_epoch_of_each_source_has_an_order_of_its_own(datasets):
    made = batches(datasets[:1], batch_size=7)
    orders = [tuple(frames(made, step)) for step in range(6)]
    assert len(set(orders)) == 6
    assert all(sorted(order) == list(range(7)) for order in orders)


def test_a_batch_may_be_larger_than_a_source(datasets):
    made = batches(datasets[1:], batch_size=12)
    counts = collections.Counter()
    for step in range(4):
        counts.update(frames(made, step))
        assert len(counts) == 5
        assert max(counts.values()) - min(counts.values()) <= 1


HIDDEN = {
    "2d": {"has_pose", "has_markers", "pose", "shape", "translation", "markers_3d"},
    "none": {
        "has_keypoints", "has_parts", "keypoints_2d", "keypoint_weights", "is_silhouette",
        "part_pixels",
        "has_pose", "has_markers", "pose", "shape", "translation", "markers_3d",
    },
}  # fmt: skip


@pytest.mark.parametrize("labels", HIDDEN)
def test_labels_that_are_not_used_are_as_if_there_were_none(labels, datasets):
    full = batch_of(batches(datasets[:1], augmentation=Augmentation()), 0)
    source = Source(datasets[0], labels=labels)
    found = batch_of(batches([source], augmentation=Augmentation()), 0)
    full, found = full._asdict(), found._asdict()
    # Where there are no parts, the packed tiles hold nothing, whatever their coordinates are.
    for one in (full, found):
        one["part_pixels"] = one["part_pixels"].part_labels
    for field in full:
        if field in HIDDEN[labels]:
            assert np.any(full[field]), field
            assert not np.any(found[field]), field
        else:
            np.testing.assert_array_equal(found[field], full[field], err_msg=field)


def test_hiding_one_source_leaves_the_other(datasets):
    batch = batch_of(batches([Source(datasets[0], labels="none"), datasets[1]]), 0)
    is_second = np.array(batch.frame) >= FIRST[1]
    for flag in ("has_keypoints", "has_parts", "has_pose", "has_markers"):
        np.testing.assert_array_equal(getattr(batch, flag), is_second)


def supervised(dataset, share, labels="all"):
    source = Source(dataset, labels=labels, supervised=share)
    records = dataset.records(np.arange(len(dataset)))
    return {n for n, record in enumerate(records) if source.is_supervised(record)}


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """40 examples of 8 subjects, and 40 of whom nobody knows."""
    directory = tmp_path_factory.mktemp("people")
    subjects = [f"S{n}" for n in range(8)]
    write(
        directory / "images",
        {
            "known": examples("k", 40, subjects, labels=()),
            "unknown": examples("u", 40, labels=()),
            "mixed": examples("m", 40, ["", *subjects[:4]], labels=()),
        },
    )
    return {
        split: ImageDataset(directory / "images", split) for split in ("known", "unknown", "mixed")
    }


@pytest.mark.parametrize("split", ["known", "unknown", "mixed"])
def test_larger_shares_hold_smaller_ones(split, people):
    found = [supervised(people[split], share) for share in (0, 0.1, 0.25, 0.5, 0.8, 1)]
    assert found[0] == set()
    assert found[-1] == set(range(40))
    for smaller, larger in itertools.pairwise(found):
        assert smaller <= larger
    assert found[2] < found[4]


def test_subjects_are_supervised_as_a_whole(people):
    for share, count in ((0.25, 2), (0.5, 4), (0.75, 6)):
        found = supervised(people["known"], share)
        assert len(found) == 5 * count
        assert len({n % 8 for n in found}) == count


def test_examples_without_subjects_take_no_subjects_place(people):
    for share, count in ((0.25, 1), (0.5, 2), (0.75, 3), (0.9, 4)):
        found = supervised(people["mixed"], share)
        chosen = {n % 5 for n in found} - {0}
        assert len(chosen) == count
        assert {n for n in range(40) if n % 5 in chosen} <= found


def test_examples_without_subjects_are_supervised_by_name(people):
    assert 10 < len(supervised(people["unknown"], 0.5)) < 30
    assert supervised(people["unknown"], 0.5) == supervised(people["unknown"], 0.5)


def test_other_uses_of_labels_supervise_nobody(people):
    assert supervised(people["known"], 1, "2d") == supervised(people["known"], 0.5, "none") == set()


def test_examples_without_used_3d_labels_may_be_left_out(datasets):
    source = Source(datasets[0], labels="3d", supervised=0.5)
    kept = supervised(datasets[0], 0.5)
    assert set(source.numbers) == set(np.flatnonzero(source.supervision)) == kept
    made = batches([source], batch_size=len(kept))
    assert [set(frames(made, step)) for step in range(3)] == [kept] * 3
    assert np.array(batch_of(made, 0).has_pose).all()


def test_where_no_example_is_left_there_is_no_training(datasets):
    with pytest.raises(InputError, match="expected at least a window of 1 examples, received 0"):
        batches([Source(datasets[0], labels="3d", supervised=0.0)])


def test_supervision_hides_3d_labels_alone(datasets):
    source = Source(datasets[0], supervised=0.5)
    batch = batch_of(batches([source], batch_size=7), 0)
    expected = [n in supervised(datasets[0], 0.5) for n in np.array(batch.frame)]
    assert 0 < sum(expected) < 7
    for flag in ("has_pose", "has_markers"):
        np.testing.assert_array_equal(getattr(batch, flag), expected)
    for flag in ("has_keypoints", "has_parts"):
        np.testing.assert_array_equal(getattr(batch, flag), np.ones(7))


@pytest.mark.parametrize("augmentation", [None, Augmentation()])
def test_packed_pixels_are_those_of_the_labels(augmentation, datasets):
    batch = batch_of(batches(datasets, augmentation=augmentation), 1)
    packed = batch.part_pixels
    labels = batch.part_pixels.part_labels
    assert labels.shape == (4, SIZE // 2, SIZE // 2)
    assert np.any(labels)
    tiles = (packed.all.parts.shape[1], packed.boundary.parts.shape[1])
    expected = pack_part_pixels(labels, *tiles)
    for found, wanted in zip(tf.nest.flatten(packed), tf.nest.flatten(expected), strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert packed._fields == expected._fields


def test_without_augmentation_images_are_only_resized(datasets):
    made = ImageBatches([Source(datasets[0])], [Mix(0, (1,))], 4, SIZE, SIZE, None, 0)
    batch = batch_of(made, 0)
    for row, frame in enumerate(np.array(batch.frame)):
        written = example(seed=int(frame))
        pixels = tf.io.decode_png(written.image)
        np.testing.assert_allclose(batch.inputs[row], pixels / 255, atol=1e-4)
        np.testing.assert_array_equal(batch.part_pixels.part_labels[row], written.part_labels)
        np.testing.assert_allclose(batch.keypoints_2d[row], written.keypoints_2d, atol=1e-4)


def test_damage_names_the_shard(tmp_path):
    write(tmp_path / "data", {"train": examples("a", 2)})
    shard = tmp_path / "data" / "train-00000-of-00001.tfrecord"
    data = bytearray(shard.read_bytes())
    data[30] ^= 1
    shard.write_bytes(data)
    made = batches([ImageDataset(tmp_path / "data", "train")], batch_size=2)
    with pytest.raises(tf.errors.OpError, match=f"{shard}, record 0 at byte 0: expected"):
        next(iter(tf.data.Dataset.range(1).map(made.batch)))


@pytest.mark.parametrize(
    ("size", "num_shape", "message"),
    [
        (8, NUM_SHAPE, f"expected image_size {SIZE} as in .*a, received 8"),
        (SIZE, 3, f"expected num_shape {NUM_SHAPE} as in .*a, received 3"),
    ],
)
def test_datasets_that_differ_are_refused(size, num_shape, message, datasets, tmp_path):
    made = [example(labels=(), image=picture(size=size))]
    write(tmp_path / "c", {"train": made}, image_size=size, num_shape=num_shape)
    with pytest.raises(InputError, match=f"{tmp_path / 'c'}: {message}"):
        batches([datasets[0], ImageDataset(tmp_path / "c", "train")])


def test_a_source_that_would_have_no_example_in_a_batch_is_refused(datasets):
    with pytest.raises(InputError, match="at least one example of each source in a batch of 4"):
        batches(datasets, [Mix(0, (20, 1))])


@pytest.mark.parametrize("mixes", [[Mix(0, (1,))], [Mix(0, (1, 1, 1))], [Mix(3, (1, 1))], []])
def test_mixes_that_do_not_fit_the_sources_or_start_late_are_refused(mixes, datasets):
    with pytest.raises(ValueError, match="`mixes`: expected"):
        ImageBatches([Source(one) for one in datasets], mixes, 4, SIZE, SIZE, None, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": "4d"}, "`labels`: expected one of all, 3d, 2d, none, received 4d"),
        ({"supervised": 1.5}, "`supervised`: expected from 0 to 1, received 1.5"),
        ({"supervised": -0.1}, "`supervised`: expected from 0 to 1, received -0.1"),
        ({"supervised": float("nan")}, "`supervised`: expected from 0 to 1, received nan"),
    ],
)
def test_uses_out_of_range_are_refused(changes, message, datasets):
    with pytest.raises(ValueError, match=message):
        Source(datasets[0], **changes)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Two videos of 8 and 4 frames, one after the other; their frames count from 0."""
    directory = tmp_path_factory.mktemp("video") / "v"
    made = [
        example(f"v{n}", seed=n, frame=n, sequence="long" if n < 8 else "short") for n in range(12)
    ]
    write(directory, {"train": made})
    return ImageDataset(directory, "train")


def test_frames_of_a_window_stay_together_and_all_are_drawn(video):
    made = ImageBatches([Source(video)], [Mix(0, (1.0,))], 8, SIZE, SIZE, None, 0, window=4)
    drawn = np.reshape([frames(made, step) for step in range(3)], (-1, 4))
    np.testing.assert_array_equal(drawn - drawn[:, :1], np.tile(np.arange(4), (6, 1)))
    assert sorted(drawn[:3, 0]) == sorted(drawn[3:, 0]) == [0, 4, 8]


def test_frames_follow_within_a_window_of_one_video_alone(video):
    made = ImageBatches([Source(video)], [Mix(0, (1.0,))], 8, SIZE, SIZE, None, 0, window=4)
    np.testing.assert_array_equal(batch_of(made, 0).follows, [0, 1, 1, 1] * 2)
    straddling = ImageBatches([Source(video)], [Mix(0, (1.0,))], 12, SIZE, SIZE, None, 0, window=12)
    expected = [0] + [1] * 7 + [0] + [1] * 3
    np.testing.assert_array_equal(batch_of(straddling, 0).follows, expected)
    alone = ImageBatches([Source(video)], [Mix(0, (1.0,))], 4, SIZE, SIZE, None, 0)
    assert not np.any(batch_of(alone, 0).follows)


def test_frames_of_a_window_are_augmented_alike(video):
    settings = Augmentation(colour=0.0, occluders=0.0, background=0.0)
    made = ImageBatches([Source(video)], [Mix(0, (1.0,))], 8, SIZE, SIZE, settings, 0, window=4)
    focal = batch_of(made, 0).intrinsics.numpy()[:, 0, 0].reshape(2, 4)
    np.testing.assert_allclose(focal, np.repeat(focal[:, :1], 4, axis=1), rtol=1e-6)
    assert focal[0, 0] != pytest.approx(focal[1, 0], rel=1e-4)


def test_windows_that_do_not_fit_are_refused(video):
    with pytest.raises(ValueError, match="`batch_size`: expected a multiple of 4, received 6"):
        ImageBatches([Source(video)], [Mix(0, (1.0,))], 6, SIZE, SIZE, None, 0, window=4)
    with pytest.raises(InputError, match="expected at least a window of 16 examples, received 12"):
        ImageBatches([Source(video)], [Mix(0, (1.0,))], 16, SIZE, SIZE, None, 0, window=16)
