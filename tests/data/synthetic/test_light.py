import numpy as np

from hps_tf.data.synthetic import STYLES, light
from hps_tf.data.synthetic.light import ColouredLight

WHITE = np.ones((1, 3))


def lit(normal, **changes):
    fields = {
        "direction": np.array([0.0, 0, -1]),
        "lamp": np.zeros(3),
        "sky": np.zeros(3),
        "ground": np.zeros(3),
    } | {name: np.array(value) for name, value in changes.items()}
    return ColouredLight(**fields).shade(WHITE, np.array([normal], float))[0]


def test_lamp_lights_what_faces_it_by_the_cosine():
    full = lit((0, 0, -2), lamp=[1.0, 0.5, 0.25])
    np.testing.assert_allclose(full**2.2, [1, 0.5, 0.25])
    half = lit((np.sqrt(3), 0, -1), lamp=[1.0, 0.5, 0.25])
    np.testing.assert_allclose(half**2.2, [0.5, 0.25, 0.125])
    np.testing.assert_array_equal(lit((0, 0, 1), lamp=[1.0, 1, 1]), 0)


def test_sky_lights_what_faces_up_and_ground_what_faces_down():
    around = {"sky": [0.6, 0.6, 0.8], "ground": [0.2, 0.1, 0.1]}
    np.testing.assert_allclose(lit((0, -1, 0), **around) ** 2.2, [0.6, 0.6, 0.8])
    np.testing.assert_allclose(lit((0, 1, 0), **around) ** 2.2, [0.2, 0.1, 0.1])
    np.testing.assert_allclose(lit((1, 0, 0), **around) ** 2.2, [0.4, 0.35, 0.45])


def test_styles_differ_in_contrast_and_colour(rng):
    ratios, casts = {}, {}
    for name, style in STYLES.items():
        lights = [light.draw(rng, style) for _ in range(100)]
        ratios[name] = np.mean([each.lamp.mean() / each.sky.mean() for each in lights])
        casts[name] = np.mean([np.ptp(each.lamp) / each.lamp.mean() for each in lights])
    assert ratios["b"] > 3 * ratios["a"]
    assert casts["b"] > 2 * casts["a"]
