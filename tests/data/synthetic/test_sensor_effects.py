import io

import numpy as np
from PIL import Image

from hps_tf.data.synthetic import STYLES, sensor_effects
from hps_tf.data.synthetic.sensor_effects import SensorEffects

PLAIN = {"blur": 0.0, "noise": 0.0, "gamma": 1.0, "contrast": 1.0, "quality": 100}
RAMP = np.repeat(np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1))[..., None], 3, axis=2)


def seen_by_camera(image, rng, **changes):
    encoded = SensorEffects(**(PLAIN | changes)).jpeg(image, rng)
    decoded = Image.open(io.BytesIO(encoded))
    assert decoded.format == "JPEG"
    return np.asarray(decoded).astype(int)


def test_plain_effects_change_nothing_but_by_the_jpeg(rng):
    assert np.abs(seen_by_camera(RAMP, rng) - RAMP).max() <= 2


def test_tone_curve_is_a_power_with_a_slope(rng):
    expected = 255 * (0.5 + 0.8 * ((RAMP / 255) ** 1.4 - 0.5))
    assert np.abs(seen_by_camera(RAMP, rng, gamma=1.4, contrast=0.8) - expected).max() <= 3


def test_noise_has_its_standard_deviation(rng):
    grey = np.full((128, 128, 3), 128, np.uint8)
    noisy = seen_by_camera(grey, rng, noise=0.04)
    assert abs(noisy.mean() - 128) < 0.5
    assert 0.9 < noisy.mean(axis=-1).std() / (255 * 0.04) < 1.1


def test_blur_spreads_an_edge_by_its_standard_deviation(rng):
    for size, pixels in ((128, 1.5), (256, 3.0)):
        edge = np.zeros((size, size, 3), np.uint8)
        edge[:, size // 2 :] = 255
        profile = np.diff(seen_by_camera(edge, rng, blur=1.5)[size // 2, :, 0]) / 255.0
        place = np.arange(size - 1)
        mean = (place * profile).sum() / profile.sum()
        assert abs(np.sqrt(((place - mean) ** 2 * profile).sum()) - pixels) < 0.25


def test_low_quality_is_smaller(rng):
    image = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    sizes = [len(SensorEffects(**(PLAIN | {"quality": q})).jpeg(image, rng)) for q in (40, 90)]
    assert sizes[0] < 0.6 * sizes[1]


def test_drawn_effects_lie_in_the_style(rng):
    for style in STYLES.values():
        for _ in range(50):
            drawn = sensor_effects.draw(rng, style)
            for field in ("blur", "noise", "gamma", "quality"):
                low, high = getattr(style, field)
                assert low <= getattr(drawn, field) <= high
