import dataclasses

import numpy as np
import pytest
from PIL import Image

from hps_tf.body import load_default
from hps_tf.data.images import default_camera
from hps_tf.detection.people import People
from hps_tf.errors import InputError
from hps_tf.geometry import camera
from hps_tf.reconstruction import Reconstructor, concatenate
from tests.reconstruction import fakes

HEIGHT, WIDTH = 60, 80


def image(count, height=HEIGHT, width=WIDTH):
    """An image in which the fake detector finds so many people."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[0] = 10 * count + 5
    return pixels


def assert_same(first, second, atol=0.0):
    for name, array in first.arrays().items():
        np.testing.assert_allclose(array, second.arrays()[name], atol=atol, err_msg=name)


@pytest.fixture(scope="module")
def people(reconstructor):
    return reconstructor([image(2), image(0), image(1, 90, 70)])


def test_shapes_and_whose_image_is_whose(people, body):
    shapes = {name: array.shape for name, array in people.arrays().items()}
    assert shapes == {
        "image": (3,),
        "person": (3,),
        "score": (3,),
        "boxes": (3, 4),
        "keypoints_2d": (3, 17, 2),
        "confidence": (3, 17),
        "intrinsics": (3, 3, 3),
        "pose": (3, 24, 3),
        "shape": (3, body.num_shape),
        "translation": (3, 3),
        "joints_3d": (3, 24, 3),
        "joint_std": (3, 24),
        "fitted_keypoints_2d": (3, 17, 2),
        "loss": (3,),
        "prior_nll": (3,),
        "converged": (3,),
    }
    assert people.image.tolist() == [0, 0, 2]
    assert people.person.tolist() == [0, 1, 0]
    assert people.images == ("images[0]", "images[1]", "images[2]")
    assert repr(people) == "Reconstruction of 3 people in 3 images"
    np.testing.assert_allclose(people.intrinsics[2], default_camera.intrinsics((90, 70)))


@pytest.mark.parametrize("refine", [True, False])
def test_bodies_are_before_the_camera_where_the_keypoints_say(reconstructor, body, refine):
    people = reconstructor(image(2), refine=refine)
    arguments = {"pose": people.pose, "shape": people.shape, "translation": people.translation}
    np.testing.assert_allclose(body.joints(**arguments), people.joints_3d, atol=1e-4)
    points = body.keypoints("coco17", **arguments)
    projected = camera.project(points, people.intrinsics)
    np.testing.assert_allclose(projected, people.fitted_keypoints_2d, atol=0.02)
    assert (people.joint_std[:, 1:] > 0).all()
    assert np.isfinite(people.loss).all() == refine
    vertices = people.vertices()
    assert vertices.shape == (2, 3000, 3)
    np.testing.assert_allclose(vertices, body(**arguments).vertices, atol=1e-5)


def test_fits_come_nearer_to_the_keypoints(reconstructor):
    residuals = [reconstructor(image(2), refine=refine).residuals for refine in (True, False)]
    assert (residuals[0] < residuals[1]).all()


def test_residuals_are_weighed_by_confidence(people):
    moved = people.fitted_keypoints_2d.copy()
    moved[:] = people.keypoints_2d
    moved[:, 0, 0] += 17
    sure = np.full_like(people.confidence, 0.5)
    found = dataclasses.replace(people, fitted_keypoints_2d=moved, confidence=sure)
    np.testing.assert_allclose(found.residuals, 1, rtol=1e-5)


def test_people_do_not_depend_on_who_else_is_in_the_call(reconstructor, people):
    assert_same(reconstructor(image(2)), people.of_image(0), atol=2e-3)
    single = reconstructor(image(1, 90, 70))
    assert_same(dataclasses.replace(single, image=single.image + 2), people.of_image(2), atol=2e-3)


def test_files_arrays_and_batches_give_the_same(reconstructor, tmp_path):
    Image.fromarray(image(1)).save(tmp_path / "a.png")
    expected = reconstructor(image(1))
    from_file = reconstructor(tmp_path / "a.png")
    assert from_file.images == (str(tmp_path / "a.png"),)
    for found in (
        from_file,
        reconstructor([str(tmp_path / "a.png")]),
        reconstructor(image(1) / np.float32(255)),
        reconstructor(image(1)[np.newaxis]),
    ):
        assert_same(found, expected)


def test_nobody_is_an_answer(reconstructor):
    people = reconstructor([image(0), image(0)])
    assert len(people) == 0
    assert people.vertices().shape == (0, 3000, 3)
    assert people.pose.shape == (0, 24, 3)


def test_more_images_than_fit_at_once_keep_their_order(reconstructor):
    counts = [1, 0, 2, 0, 0, 1, 0, 0, 0, 1, 2]
    people = reconstructor([image(count) for count in counts], refine=False)
    assert np.bincount(people.image, minlength=len(counts)).tolist() == counts


def test_the_surest_people_are_kept(reconstructor):
    all_of_them = reconstructor(image(3), refine=False)
    assert_same(
        reconstructor(image(3), refine=False, max_people=2), all_of_them.select(slice(2)), atol=1e-4
    )


def test_boxes_of_ones_own_take_the_place_of_finding(reconstructor):
    box = np.array([[10.0, 5, 20, 50]])
    people = reconstructor(image(0), boxes=box, refine=False)
    np.testing.assert_array_equal(people.boxes, box)
    both = reconstructor([image(0), image(0)], boxes=[box, np.zeros((0, 4))], refine=False)
    assert both.image.tolist() == [0]


def test_cameras_may_be_given(reconstructor):
    matrix = np.array([[200.0, 0, 40], [0, 200, 30], [0, 0, 1]])
    given = reconstructor(image(1), intrinsics=matrix, refine=False)
    np.testing.assert_array_equal(given.intrinsics[0], matrix)
    listed = reconstructor([image(1)] * 2, intrinsics=[matrix, 2 * matrix - matrix], refine=False)
    np.testing.assert_array_equal(listed.intrinsics[1], matrix)
    near, far = (reconstructor(image(1), focal_length=f, refine=False) for f in (80, 800))
    assert far.translation[0, 2] > 5 * near.translation[0, 2]


def test_who_cannot_be_placed_is_left_out(body):
    class Detector(fakes.FakeDetector):
        def find_people(self, images):
            [found] = super().find_people(images)
            confidence = found.confidence.copy()
            confidence[0] = 0
            keypoints = found.keypoints.copy()
            keypoints[1] = np.nan
            return [People(found.boxes, keypoints, confidence, found.score)]

    made = fakes.reconstructor(body)
    people = Reconstructor(Detector(), made.lifter, made.refiner, body)(image(3))
    assert len(people) == 1
    assert people.person.tolist() == [0]
    assert np.isfinite(people.pose).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"intrinsics": np.eye(4)},
            r"`intrinsics`: expected shape \(3, 3\) or \(1, 3, 3\), received",
        ),
        (
            {"intrinsics": np.array([[90.0, 0, 0], [0, 90, 0], [40, 30, 1]])},
            "`intrinsics`: expected",
        ),
        ({"intrinsics": np.diag([-1.0, 1, 1])}, "`intrinsics`: expected"),
        ({"intrinsics": np.full((3, 3), np.nan)}, "`intrinsics`: expected"),
        ({"focal_length": 0.0}, "`focal_length`: expected from 10 to 1e6 pixels, received 0"),
        ({"focal_length": np.nan}, "`focal_length`: expected from 10 to 1e6 pixels, received nan"),
        ({"boxes": np.zeros((2, 3))}, r"`boxes`: expected shape \(P, 4\) for each image, received"),
        (
            {"boxes": np.array([[0.1, 0.1, 0.5, 0.5]])},
            "`boxes`: expected some in the image of 80 x 60",
        ),
        (
            {"boxes": np.array([[90.0, 0, 10, 10]])},
            "`boxes`: expected some in the image of 80 x 60",
        ),
        (
            {"boxes": np.array([[0.0, 0, np.inf, 10]])},
            "`boxes`: expected some in the image of 80 x 60",
        ),
    ],
)
def test_wrong_arguments_are_named(reconstructor, arguments, message):
    with pytest.raises(ValueError, match=message):
        reconstructor(image(1), **arguments)


def test_wrong_images_are_named(reconstructor, tmp_path):
    with pytest.raises(ValueError, match="`images`: expected at least one image"):
        reconstructor([])
    with pytest.raises(ValueError, match=r"images\[1\]: expected floating-point pixels from 0 to"):
        reconstructor([image(0), image(1).astype(np.float32)])
    with pytest.raises(InputError, match=r"no\.jpg: expected an image, received no file"):
        reconstructor(tmp_path / "no.jpg")
    with pytest.raises(ValueError, match="`boxes`: expected those of 2 images, received 1"):
        reconstructor([image(0)] * 2, boxes=[np.zeros((0, 4))])


def test_saved_arrays_are_the_same(people, tmp_path):
    people.save(tmp_path / "people.npz", more=np.arange(3))
    with np.load(tmp_path / "people.npz", allow_pickle=False) as file:
        saved = dict(file)
    assert saved.pop("images").tolist() == list(people.images)
    np.testing.assert_array_equal(saved.pop("more"), np.arange(3))
    for name, array in people.arrays().items():
        np.testing.assert_array_equal(saved.pop(name), array)
    assert not saved
    people.save(tmp_path / "without_suffix")
    assert (tmp_path / "without_suffix").stat().st_size > 1000


def test_joined_results_count_their_images_on(people):
    both = concatenate([people, people])
    assert both.image.tolist() == [0, 0, 2, 3, 3, 5]
    assert both.images == people.images * 2
    assert_same(both.of_image(5), dataclasses.replace(people, image=people.image + 3).of_image(5))
    with pytest.raises(ValueError, match="`parts`: expected at least one"):
        concatenate([])


def test_another_body_may_be_reconstructed():
    detailed = load_default(6890)
    people = fakes.reconstructor(detailed)(image(1), refine=False)
    assert people.vertices().shape == (1, 6890, 3)
