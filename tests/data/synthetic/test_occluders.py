import dataclasses

import numpy as np
import pytest

from hps_tf.data.synthetic import STYLES, occluders
from hps_tf.data.synthetic.occluders import Layer

SIZE = 64
ALWAYS = dataclasses.replace(STYLES["a"], occlusion=1.0)
PERSON = np.zeros((SIZE, SIZE), bool)
PERSON[8:56, 26:38] = True


def test_occluders_hide_some_of_the_person_but_not_most(rng):
    layers = [occluders.draw(rng, ALWAYS, PERSON, None) for _ in range(200)]
    drawn = [layer for layer in layers if layer is not None]
    assert len(drawn) > 120
    hidden = np.array([(layer.mask & PERSON).sum() / PERSON.sum() for layer in drawn])
    assert hidden.min() > 0
    assert hidden.max() <= 0.6
    assert hidden.std() > 0.1
    assert len({layer.image.tobytes() for layer in drawn}) == len(drawn)


@pytest.mark.parametrize("style", ["a", "b"])
def test_occluders_are_as_frequent_as_the_style_says(rng, style):
    count = sum(occluders.draw(rng, STYLES[style], PERSON, None) is not None for _ in range(300))
    assert 0.5 * STYLES[style].occlusion < count / 300 <= 1.15 * STYLES[style].occlusion


def test_other_person_keeps_its_looks(monkeypatch, rng):
    monkeypatch.setattr(occluders, "_OTHER_PERSON", 1.0)
    image = np.full((SIZE, SIZE, 3), 7, np.uint8)
    image[PERSON] = (200, 100, 50)
    found = 0
    for _ in range(60):
        layer = occluders.draw(rng, ALWAYS, PERSON, Layer(image, PERSON))
        if layer is not None:
            found += 1
            np.testing.assert_array_equal(
                layer.image[layer.mask], [(200, 100, 50)] * layer.mask.sum()
            )
            columns = np.flatnonzero(layer.mask.any(axis=0))
            assert not 30 <= columns.mean() <= 33
    assert found > 5


def test_nobody_is_hidden_where_nobody_is(rng):
    assert occluders.draw(rng, ALWAYS, np.zeros_like(PERSON), None) is None
