import dataclasses

import numpy as np
import pytest

from hps_tf.body.parts import PART_NAMES
from hps_tf.data.synthetic import STYLES, appearance
from hps_tf.data.synthetic.appearance import Landmarks
from hps_tf.data.synthetic.surface import Surface
from hps_tf.data.synthetic.texture import Texture

SKIN, HAIR, SHIRT, TROUSERS, SHOES = np.eye(5, 3) + 0.1 * np.arange(5)[:, None]


def plain(colour):
    return Texture("plain", np.stack([colour, colour]), np.zeros((5, 3)), np.zeros(5), 0.5)


@pytest.fixture(scope="module")
def landmarks(body):
    return Landmarks.of(body)


@pytest.fixture
def outfit(rng, landmarks):
    drawn = appearance.draw(rng, STYLES["a"], landmarks)
    return dataclasses.replace(
        drawn,
        skin=SKIN,
        hair=HAIR,
        hairline=np.array([0.8, -0.6, 0.02]),
        shirt=plain(SHIRT),
        trousers=plain(TROUSERS),
        shoes=plain(SHOES),
        print=None,
        belt=None,
        neckline=landmarks.y("neck"),
        sleeve=landmarks.x("l_wrist"),
        waist=0.05,
        hem=landmarks.y("l_ankle"),
        ankle=landmarks.y("l_ankle"),
    )


def shares(body, outfit):
    """Of each part, the share of vertices of each colour."""
    painted = outfit.paint(Surface(body).places)
    colours = {"skin": SKIN, "hair": HAIR, "shirt": SHIRT, "trousers": TROUSERS, "shoes": SHOES}
    return {
        part: {
            name: np.isclose(painted[body.vertex_parts == index], colour).all(axis=1).mean()
            for name, colour in colours.items()
        }
        for index, part in enumerate(PART_NAMES)
        if index
    }


def test_clothes_are_on_the_parts_they_belong_to(body, outfit):
    of = shares(body, outfit)
    for side in ("left", "right"):
        assert of[f"upper_arm_{side}"]["shirt"] > 0.95
        assert of[f"lower_arm_{side}"]["shirt"] > 0.8
        assert of[f"{side}_hand"]["skin"] > 0.9
        assert of[f"upper_leg_{side}"]["trousers"] > 0.9
        assert of[f"lower_leg_{side}"]["trousers"] > 0.95
        assert of[f"{side}_foot"]["shoes"] > 0.6
    assert of["torso"]["shirt"] > 0.5
    assert of["torso"]["trousers"] > 0.1
    assert of["head"]["shirt"] < 0.01
    assert of["head"]["trousers"] == of["head"]["shoes"] == 0
    assert of["head"]["hair"] > 0.08
    assert of["head"]["skin"] > 0.3


def test_short_sleeves_and_shorts_leave_limbs_bare(body, outfit, landmarks):
    short = dataclasses.replace(
        outfit, sleeve=landmarks.x("l_shoulder") + 0.1, hem=landmarks.y("l_knee")
    )
    of = shares(body, short)
    assert of["lower_arm_left"]["skin"] > 0.95
    assert of["lower_leg_right"]["skin"] > 0.8
    assert of["upper_leg_left"]["trousers"] > 0.85


def test_outfit_is_the_same_on_both_sides(body, outfit):
    of = shares(body, outfit)
    for part in ("upper_arm_{}", "lower_arm_{}", "upper_leg_{}", "lower_leg_{}", "{}_foot"):
        for colour, share in of[part.format("left")].items():
            assert of[part.format("right")][colour] == pytest.approx(share, abs=0.06)


def test_face_is_on_the_front_of_the_head(body, outfit, landmarks):
    dark = np.isclose(outfit.paint(landmarks.eyes), 0.12).all(axis=1)
    assert dark.all()
    hair = outfit.paint(landmarks.joints[[15]] + (0.0, 0.12, -0.05))
    np.testing.assert_allclose(hair, HAIR[None], atol=1e-6)
    np.testing.assert_allclose(outfit.paint(landmarks.nose[None]), SKIN[None], atol=1e-6)


def test_print_is_on_the_chest_and_not_on_the_back(outfit, landmarks):
    printed = dataclasses.replace(outfit, print=plain(HAIR), print_size=np.array([0.1, 0.1]))
    y = landmarks.y("spine3")
    front, back = printed.paint(np.array([[0.0, y, 0.1], [0.0, y, -0.1]]))
    np.testing.assert_allclose(front, HAIR, atol=1e-6)
    np.testing.assert_allclose(back, SHIRT, atol=1e-6)


def test_drawn_outfits_vary_and_are_colours(body, rng, landmarks):
    places = Surface(body).places[::20]
    painted = np.array(
        [appearance.draw(rng, STYLES[style], landmarks).paint(places) for style in "ab" * 20]
    )
    assert painted.min() >= 0
    assert painted.max() <= 1
    assert (painted.std(axis=0).mean(axis=-1) > 0.1).mean() > 0.9
