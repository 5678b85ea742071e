import keras
import numpy as np
import pytest

from hps_tf.models import PRESETS, evidence_scale


def apply(function, values, options):
    x = keras.Input(values.shape[1:])
    return keras.Model(x, function(x, options))(values).numpy()


@pytest.mark.parametrize("preset", ["tiny", "small"])
def test_a_peak_has_a_root_mean_square_of_one(preset):
    options = PRESETS[preset]
    offsets = np.arange(options.map_size) - options.map_size / 2 + 0.3
    across = np.exp(-0.5 * np.square(offsets / evidence_scale.HEATMAP_SPREAD))
    heatmaps = np.repeat((across[:, np.newaxis] * across)[np.newaxis, ..., np.newaxis], 17, -1)
    scaled = apply(evidence_scale.heatmaps, heatmaps.astype(np.float32), options)
    assert np.sqrt(np.mean(np.square(scaled))) == pytest.approx(1.0, rel=1e-3)


def test_where_nobody_is_part_maps_are_zero():
    nobody = np.zeros((1, 16, 16, 15), np.float32)
    nobody[..., 0] = 1.0
    assert not apply(evidence_scale.part_maps, nobody, PRESETS["tiny"]).any()
    somebody = nobody.copy()
    somebody[0, 3, 4, [0, 2]] = [0.0, 1.0]
    scaled = apply(evidence_scale.part_maps, somebody, PRESETS["tiny"])
    assert scaled[0, 3, 4, 0] < 0.0 < scaled[0, 3, 4, 2]
    assert np.count_nonzero(scaled) == 2


def test_networks_as_in_the_paper_see_evidence_as_it_is():
    values = np.random.default_rng(0).uniform(size=(1, 16, 16, 15)).astype(np.float32)
    options = PRESETS["tiny"].replaced(residual=False)
    np.testing.assert_array_equal(apply(evidence_scale.part_maps, values, options), values)
    np.testing.assert_array_equal(apply(evidence_scale.heatmaps, values, options), values)
    assert not PRESETS["paper"].residual
