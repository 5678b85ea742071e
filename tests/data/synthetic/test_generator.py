import dataclasses
import time

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from hps_tf.data.images import image_example
from hps_tf.data.images.image_records import encode
from hps_tf.data.synthetic import GROUP_FRAMES, STYLES, Generator, Group, PriorPeople, camera
from hps_tf.data.synthetic.light import ColouredLight
from hps_tf.errors import InputError
from hps_tf.geometry.camera import project
from hps_tf.rendering import part_labels, rasterize
from tests import loaded_once
from tests.data.synthetic.conftest import pixels, standing

SIZE = 64
SMALL = Generator(SIZE, num_vertices=3000)
COUNT = 12


def group(num_frames=1, count=COUNT, first=0, split="train", seed=0):
    people = standing(count, num_frames, seed)
    return Group(split, first, people, count * num_frames)


@pytest.fixture(scope="module")
def examples():
    return SMALL(group())


@pytest.fixture(scope="module")
def videos():
    return SMALL(group(num_frames=4, count=3))


@pytest.fixture(params=["examples", "videos"])
def some(request):
    return request.getfixturevalue(request.param)


def posed(body, example):
    labels = {name: getattr(example, name)[None] for name in ("pose", "shape", "translation")}
    return {
        "vertices": body(**labels).vertices.numpy()[0],
        "coco17": body.keypoints("coco17", **labels).numpy()[0],
        "h36m17": body.keypoints("h36m17", **labels).numpy()[0],
    }


def bare_labels(body, example):
    """The part map without occluders."""
    vertices = posed(body, example)["vertices"]
    raster = rasterize(vertices, body.faces, example.intrinsics, (SIZE, SIZE))
    return part_labels(raster, body.face_parts)


def test_examples_are_complete_and_well_formed(some, body):
    for example in some:
        image_example.check(example, SIZE, body.num_shape)
        assert example.labels == image_example.LABELS
        assert example.is_silhouette
        assert np.abs(example.shape).max() <= 2.5
    assert len({example.name for example in some}) == len(some)


def test_posed_body_projects_onto_the_keypoints(some, body):
    for example in some:
        points = posed(body, example)
        np.testing.assert_allclose(
            project(points["coco17"], example.intrinsics), example.keypoints_2d, atol=1e-3
        )
        np.testing.assert_allclose(points["h36m17"], example.markers_3d, atol=1e-5)


def test_keypoints_count_where_they_lie_in_the_image(some):
    for example in some:
        is_inside = (np.abs(example.keypoints_2d - (SIZE - 1) / 2) <= SIZE / 2).all(axis=1)
        np.testing.assert_array_equal(example.keypoint_weights, is_inside)


def test_part_map_is_the_rasterized_body_but_where_it_is_hidden(some, body):
    hidden_shares = []
    for example in some:
        expected = bare_labels(body, example)
        seen = example.part_labels > 0
        assert np.count_nonzero(example.part_labels[seen] != expected[seen]) <= 1
        hidden_shares.append(1 - seen.sum() / (expected > 0).sum())
    assert max(hidden_shares) <= 0.61


def test_joints_lie_within_the_unhidden_silhouette(examples, body):
    for example in examples:
        mask = bare_labels(body, example) > 0
        joints = example.keypoints_2d[5:][example.keypoint_weights[5:] > 0].round().astype(int)
        columns, rows = joints.clip(0, SIZE - 1).T
        near = [
            mask[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].any()
            for y, x in zip(rows, columns, strict=True)
        ]
        assert all(near)


def test_picture_shows_the_person_where_the_part_map_says(monkeypatch):
    clear = dataclasses.replace(
        STYLES["a"], occlusion=0.0, saturation=(0.0, 0.0), blur=(0.0, 0.0), quality=(95, 95)
    )
    monkeypatch.setitem(STYLES, "a", clear)
    magenta = np.array([1.0, 0.0, 1.0])
    monkeypatch.setattr(
        ColouredLight, "shade", lambda self, colours, _: np.tile(magenta, (len(colours), 1))
    )
    for example in SMALL(group()):
        red, green, blue = pixels(example).astype(int).transpose(2, 0, 1)
        is_magenta = np.minimum(red, blue) - green > 100
        # A JPEG's colours are of half the resolution.
        mask = example.part_labels > 0
        well_inside = ndimage.binary_erosion(mask, iterations=2)
        well_outside = ~ndimage.binary_dilation(mask, iterations=2)
        assert is_magenta[well_inside].mean() > 0.98
        assert is_magenta[well_outside].mean() < 0.01


def test_occluders_remove_parts_and_keep_keypoints(monkeypatch, body):
    always = dataclasses.replace(STYLES["a"], occlusion=1.0)
    monkeypatch.setitem(STYLES, "a", always)
    hidden = 0
    for example in SMALL(group()):
        missing = (example.part_labels == 0) & (bare_labels(body, example) > 0)
        hidden += missing.any()
        inside = (np.abs(example.keypoints_2d - (SIZE - 1) / 2) <= SIZE / 2).all(axis=1)
        np.testing.assert_array_equal(example.keypoint_weights, inside)
    assert hidden >= COUNT / 2


def test_cut_off_people_lose_keypoints(monkeypatch, body):
    monkeypatch.setattr(camera, "_TRUNCATED", 1.0)
    cut = SMALL(group())
    weights = np.array([example.keypoint_weights for example in cut])
    assert (weights.min(axis=1) == 0).mean() > 0.5
    at_edge = []
    for example in cut:
        mask = bare_labels(body, example) > 0
        at_edge.append(mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())
        assert not mask[0].any()
    assert np.mean(at_edge) > 0.9


def test_same_group_gives_the_same_bytes_whatever_was_drawn_before(examples):
    SMALL(group(first=COUNT, seed=1))
    assert [encode(example) for example in SMALL(group())] == [encode(e) for e in examples]


def test_first_examples_of_a_group_do_not_depend_on_how_many_are_wanted(examples):
    few = SMALL(group()._replace(num_examples=3))
    assert [encode(example) for example in few] == [encode(example) for example in examples[:3]]


def test_seed_and_split_change_everything_but_the_people(examples):
    for other in (dataclasses.replace(SMALL, seed=1)(group()), SMALL(group(split="val"))):
        for first, second in zip(examples, other, strict=True):
            np.testing.assert_array_equal(first.pose[1:], second.pose[1:])
            assert np.abs(first.shape - second.shape).max() > 0.1
            assert first.image != second.image


def test_video_has_one_camera_person_and_ground(videos):
    for start in range(0, 12, 4):
        frames = videos[start : start + 4]
        assert {example.sequence for example in frames} == {frames[0].sequence} != {""}
        assert [example.frame for example in frames] == [0, 1, 2, 3]
        for example in frames[1:]:
            np.testing.assert_array_equal(example.intrinsics, frames[0].intrinsics)
            np.testing.assert_array_equal(example.shape, frames[0].shape)
        moves = np.diff([example.translation for example in frames], axis=0)
        np.testing.assert_allclose(np.linalg.norm(moves, axis=1), 0.02, rtol=1e-3)
        nobody = ~np.any([example.part_labels > 0 for example in frames], axis=0)
        grounds = np.array([pixels(example)[nobody].mean(axis=0) for example in frames])
        assert np.ptp(grounds, axis=0).max() < 3
        assert len({example.image for example in frames}) == 4


def test_weak_examples_have_two_dimensional_labels_alone(examples):
    weak = dataclasses.replace(SMALL, is_weak=True)(group())
    for example, full in zip(weak, examples, strict=True):
        assert example.labels == ("keypoints", "parts")
        assert example.image == full.image
        np.testing.assert_array_equal(example.keypoints_2d, full.keypoints_2d)


def test_styles_differ_in_looks_and_cameras(examples):
    night = dataclasses.replace(SMALL, style="b")(group())
    focal = {
        name: np.mean([example.translation[2] for example in made])
        for name, made in (("a", examples), ("b", night))
    }
    assert focal["b"] > 1.3 * focal["a"]

    def saturation(made):
        images = np.array([pixels(example) for example in made], float)
        return np.mean(np.ptp(images, axis=-1))

    assert saturation(night) > 1.4 * saturation(examples)


def test_photographs_are_put_behind_people(tmp_path):
    Image.new("RGB", (90, 70), (10, 200, 30)).save(tmp_path / "green.png")
    with_photographs = dataclasses.replace(
        SMALL, backgrounds=tmp_path, photograph_names=("green.png",)
    )
    greener = []
    for example in with_photographs(group(count=4)):
        # Away from the person and, in most pictures, from occluders too.
        ground = pixels(example)[:8, :8].astype(int).mean(axis=(0, 1))
        greener.append(ground[1] > 100 + max(ground[0], ground[2]))
    assert np.mean(greener) >= 0.75


def test_damaged_photograph_is_an_input_error(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"?")
    damaged = dataclasses.replace(SMALL, backgrounds=tmp_path, photograph_names=("bad.png",))
    with pytest.raises(InputError, match=r"bad.png: expected an image"):
        damaged(group(count=1))


@pytest.mark.slow
@pytest.mark.parametrize(("image_size", "num_vertices", "rate"), [(256, 6890, 25), (64, 3000, 80)])
def test_rate_on_one_core(image_size, num_vertices, rate):
    # Well below what an idle core does, for those that are shared.
    people = PriorPeople(loaded_once.prior("cmu-6d-light"))
    make = Generator(image_size, num_vertices=num_vertices)
    members = people.draw("train", 0, GROUP_FRAMES, 0)
    make(Group("train", 0, members, GROUP_FRAMES))
    seconds = []
    for number in range(1, 4):
        start = time.process_time()
        members = people.draw("train", number * GROUP_FRAMES, GROUP_FRAMES, 0)
        for example in make(Group("train", number * GROUP_FRAMES, members, GROUP_FRAMES)):
            image_example.check(example, image_size, make.num_shape)
            encode(example)
        seconds.append(time.process_time() - start)
    assert GROUP_FRAMES / min(seconds) > rate


class _Listing(Generator):
    """Gives the number of each picture's person and frame in its place."""

    def __call__(self, group):
        numbers = [
            (group.split, group.first + index, frame)
            for index, person in enumerate(group.people)
            for frame in range(len(person.pose))
        ]
        return numbers[: group.num_examples]


@pytest.mark.parametrize("num_frames", [1, 5])
def test_examples_of_a_source_are_consecutive_people(num_frames):
    class Source:
        def draw(self, split, first, count, seed):
            assert seed == 3
            return standing(count, num_frames, seed)

    count = 2 * GROUP_FRAMES + 3
    found = list(_Listing(16, seed=3).examples(Source(), "val", count, num_frames=num_frames))
    assert found == [("val", *divmod(number, num_frames)) for number in range(count)]
