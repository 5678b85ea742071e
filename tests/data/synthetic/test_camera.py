import numpy as np
import pytest

from hps_tf.data.synthetic import STYLES, camera
from hps_tf.geometry.camera import project

STYLE = STYLES["a"]
PERSON = np.random.default_rng(1).uniform((-0.4, -0.9, -0.3), (0.4, 0.9, 0.3), (200, 3))


def shots(count, vertices=PERSON, style=STYLE):
    return [camera.take(np.random.default_rng(seed), vertices, style) for seed in range(count)]


def inside(shot, vertices=PERSON):
    """Which vertices lie in the square that is cut out."""
    pixels = project(vertices + shot.translation, shot.intrinsics).numpy()
    first = shot.box[:2] - 0.5
    return ((pixels >= first) & (pixels <= first + shot.box[2:])).all(axis=1)


@pytest.mark.parametrize("style", ["a", "b"])
def test_camera_looks_at_the_person_with_up_in_the_image_up(style):
    for seed in range(50):
        turn = camera.orientation(np.random.default_rng(seed), STYLES[style])
        up = turn.apply([0.0, 1.0, 0.0])
        # Looking down by an angle, the camera sees up lean towards itself by as much.
        pitch = np.degrees(np.arctan2(-up[2], -up[1]))
        low, high = STYLES[style].pitch
        assert low - 1 <= pitch <= high + 1
        assert turn.apply([0.0, 0.0, 1.0])[2] < -0.7


def test_person_stands_before_the_camera_at_a_distance():
    for shot in shots(100, style=STYLES["b"]):
        assert (PERSON + shot.translation)[:, 2].min() >= 0.99


def test_square_holds_the_person_unless_it_cuts_some_off():
    shares = np.array([inside(shot).mean() for shot in shots(400)])
    assert 0.05 < (shares < 1).mean() < 0.16
    assert shares.min() > 0.4


def test_square_is_a_square_and_not_much_larger_than_the_person():
    for shot in shots(100):
        _, _, width, height = shot.box
        assert width == height
        pixels = project(PERSON + shot.translation, shot.intrinsics).numpy()
        extent = np.ptp(pixels, axis=0).max()
        assert extent * 0.65 < width < extent * 1.51


@pytest.mark.parametrize("edge", ["bottom", "left", "right"])
def test_cut_is_at_its_edge(monkeypatch, edge):
    monkeypatch.setattr(camera, "_TRUNCATED", 1.0)
    found = 0
    for shot in shots(60):
        pixels = project(PERSON + shot.translation, shot.intrinsics).numpy()
        left, top, side, _ = shot.box
        beyond = {
            "bottom": pixels[:, 1] > top + side,
            "left": pixels[:, 0] < left,
            "right": pixels[:, 0] > left + side,
        }
        assert sum(cut.any() for cut in beyond.values()) == 1
        assert not (pixels[:, 1] < top).any()
        found += beyond[edge].any()
    assert found > 3


def test_people_are_all_over_the_frame():
    centres = np.array([shot.box[:2] + shot.box[2:] / 2 for shot in shots(200)])
    assert (centres.std(axis=0) > 60).all()
    focal_lengths = np.array([shot.focal_length for shot in shots(200)]) / camera.FRAME_SIZE
    assert STYLE.focal_length[0] <= focal_lengths.min() < 1.1
    assert 1.7 < focal_lengths.max() <= STYLE.focal_length[1]
