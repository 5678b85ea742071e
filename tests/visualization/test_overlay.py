import numpy as np
import pytest

from hps_tf.body import load_default
from hps_tf.rendering import rasterize
from hps_tf.rendering.colour import to_uint8
from hps_tf.visualization import palette
from hps_tf.visualization.overlay import Marks, overlay

SIZE = (120, 160)
CAMERA = np.array([[200.0, 0, 79.5], [0, 200, 59.5], [0, 0, 1]])
PHOTOGRAPH = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
WHITE = np.full((*SIZE, 3), 255, np.uint8)


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


@pytest.fixture(scope="module")
def standing(body):
    """A T-pose upright before the camera, 4 metres away."""
    pose = np.zeros((1, 24, 3), np.float32)
    pose[:, 0, 0] = np.pi
    return body(pose=pose, translation=np.array([[0.0, 0, 4]], np.float32)).vertices.numpy()


def moved(vertices, *metres):
    return vertices + np.array(metres, np.float32)


def test_covers_what_the_body_covers_and_leaves_the_rest_alone(body, standing):
    picture = overlay(PHOTOGRAPH, standing, body.faces, CAMERA)
    covered = rasterize(standing[0], body.faces, CAMERA, SIZE).triangles >= 0
    changed = (picture != PHOTOGRAPH).any(axis=2)
    assert changed[covered].mean() > 0.98
    grown = covered.copy()
    for axis in (0, 1):
        grown |= np.roll(grown, 1, axis) | np.roll(grown, -1, axis)
    np.testing.assert_array_equal(picture[~grown], PHOTOGRAPH[~grown])


def test_the_nearer_person_is_in_front(body, standing):
    pair = np.concatenate([moved(standing, 0, 0, 1), standing])
    both = overlay(WHITE, pair, body.faces, CAMERA)
    swapped = overlay(WHITE, pair[::-1], body.faces, CAMERA)
    chest = slice(45, 55), slice(75, 85)
    hue = [image[chest].reshape(-1, 3).mean(axis=0) for image in (both, swapped)]
    first, second = 255 * palette.PERSON_COLOURS[:2]
    assert np.dot(hue[0] - hue[1], second - first) > 0
    # In front is the second colour, then the first, whatever stands behind.
    np.testing.assert_array_equal(
        swapped[chest], overlay(WHITE, standing, body.faces, CAMERA)[chest]
    )


def test_people_out_of_sight_leave_the_photograph_alone(body, standing):
    picture = overlay(PHOTOGRAPH, moved(standing, 50, 0, 0), body.faces, CAMERA)
    np.testing.assert_array_equal(picture, PHOTOGRAPH)


def test_nobody_leaves_the_photograph_alone(body, standing):
    picture = overlay(PHOTOGRAPH, standing[:0], body.faces, CAMERA)
    np.testing.assert_array_equal(picture, PHOTOGRAPH)


def test_people_around_the_camera_are_drawn(body, standing):
    picture = overlay(PHOTOGRAPH, moved(standing, 0, 0, -4), body.faces, CAMERA)
    assert picture.shape == PHOTOGRAPH.shape


def test_marks_are_centred_on_keypoints_that_are_seen(body, standing):
    far = moved(standing, 50, 0, 0)
    detected = np.array([[[30.0, 40.0], [100, 100]]])
    marks = Marks(detected, np.array([[True, False]]), detected)
    picture = overlay(WHITE, far, body.faces, CAMERA, marks=marks)
    dark = 255.0 - picture.mean(axis=2)
    rows, columns = np.nonzero(dark > 1)
    np.testing.assert_allclose([columns.mean(), rows.mean()], [30, 40], atol=0.3)
    assert abs(columns - 30).max() < 5
    colour = to_uint8(palette.PERSON_COLOURS[0])
    assert abs(picture[40, 30].astype(int) - colour).max() < 60


def test_a_line_joins_detected_and_fitted(body, standing):
    marks = Marks(np.array([[[20.0, 60.0]]]), np.array([[True]]), np.array([[[100.0, 60.0]]]))
    picture = overlay(WHITE, moved(standing, 50, 0, 0), body.faces, CAMERA, marks=marks)
    assert (picture[59:62, 30:90].mean(axis=2).min(axis=0) < 250).all()


def test_labels_stay_in_the_image(body, standing):
    for x in (-3.0, 0.0, 3.0):
        person = moved(standing, x, -1, 0)
        picture = overlay(WHITE, person, body.faces, CAMERA, labels=["12345"])
        assert (picture != overlay(WHITE, person, body.faces, CAMERA)).any()


def test_wrong_shapes_are_named(body, standing):
    with pytest.raises(ValueError, match="`photograph`: expected shape"):
        overlay(PHOTOGRAPH[..., 0], standing, body.faces, CAMERA)
    with pytest.raises(ValueError, match="`vertices`: expected shape"):
        overlay(PHOTOGRAPH, standing[0], body.faces, CAMERA)


def test_bodies_are_translucent_and_outlined(body, standing):
    black, white = (
        overlay(np.full((*SIZE, 3), level, np.uint8), standing, body.faces, CAMERA)
        for level in (0, 255)
    )
    chest = slice(45, 55), slice(76, 84)
    through = white[chest].astype(int) - black[chest]
    assert (through > 60).all()
    assert (through < 140).all()
    solid = rasterize(standing[0], body.faces, CAMERA, SIZE).triangles >= 0
    rim = solid & ~(np.roll(solid, 1, 1) & np.roll(solid, -1, 1))
    assert white[rim].mean() < white[chest].mean() - 15


def test_what_is_unsure_is_paler_and_fainter(body, standing):
    doubt = np.zeros((1, len(standing[0])))
    sure = overlay(PHOTOGRAPH, standing, body.faces, CAMERA, doubt=doubt)
    np.testing.assert_array_equal(sure, overlay(PHOTOGRAPH, standing, body.faces, CAMERA))
    unsure = overlay(PHOTOGRAPH, standing, body.faces, CAMERA, doubt=doubt + 1)
    chest = slice(45, 55), slice(76, 84)

    def colourfulness(image):
        return np.ptp(image[chest].reshape(-1, 3).mean(axis=0))

    grey = np.full((*SIZE, 3), 128, np.uint8)
    on_grey = [overlay(grey, standing, body.faces, CAMERA, doubt=doubt + level) for level in (0, 1)]
    assert colourfulness(on_grey[1]) < 0.5 * colourfulness(on_grey[0])
    nearness = [
        np.corrcoef(image[chest].ravel(), PHOTOGRAPH[chest].ravel())[0, 1]
        for image in (sure, unsure)
    ]
    assert nearness[1] > nearness[0]


def test_colours_go_with_numbers(body, standing):
    pair = np.concatenate([moved(standing, -1.5, 0, 1), moved(standing, 1.5, 0, 1)])
    one = overlay(WHITE, pair[1:], body.faces, CAMERA, numbers=np.array([1]))
    both = overlay(WHITE, pair, body.faces, CAMERA)
    np.testing.assert_array_equal(one[:, 100:], both[:, 100:])


def test_lines_of_named_keypoints_have_their_sides_colours(body, standing):
    points = np.zeros((1, 4, 2))
    points[0] = [(20, 20), (20, 100), (140, 20), (140, 100)]
    names = ["left_hip", "left_knee", "right_hip", "right_knee"]
    seen = np.array([[True, True, True, True]])
    marks = Marks(points, seen, points, names)
    away = moved(standing, 50, 0, 0)
    picture = overlay(WHITE, away, body.faces, CAMERA, marks=marks)
    for column, colour in ((20, palette.LEFT), (140, palette.RIGHT)):
        np.testing.assert_allclose(picture[60, column], to_uint8(np.array(colour)), atol=40)
    seen[0, 0] = False
    hidden = overlay(WHITE, away, body.faces, CAMERA, marks=marks)
    assert (hidden[60, 20] == 255).all()
    plain = overlay(WHITE, away, body.faces, CAMERA, marks=marks._replace(names=None))
    assert (plain[60, 140] == 255).all()
