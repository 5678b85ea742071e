import types

import numpy as np
import pytest

from hps_tf.fitting import Weights
from tools.reproduce import fit_weights, network_study
from tools.reproduce.image_domains import Synthetic
from tools.reproduce.network_study import NetworkStudy

BEST = {"expected": 0.1, "alignment": 3.0}


class Refinement:
    """Errs the more the further its weights are from the best."""

    def __init__(self, predictor):
        self.weights = Weights()

    def images(self, people, *, with_parts):
        names = ("expected", "alignment") if with_parts else ("expected",)
        weights = self.weights._asdict()
        return 50.0 + sum(abs(np.log(weights[name] / BEST[name])) for name in names)


@pytest.fixture
def network(network_file, monkeypatch):
    """A network's file, of which a lifting module is said."""
    options = types.SimpleNamespace(map_stride=4)
    predictor = types.SimpleNamespace(
        network=types.SimpleNamespace(lifting=object(), options=options),
        decoder=types.SimpleNamespace(body=None),
    )
    monkeypatch.setattr(network_study, "load_predictor", lambda path: predictor)
    monkeypatch.setattr(fit_weights, "Refinement", Refinement)
    monkeypatch.setattr(fit_weights, "predict_split", lambda *_, **__: "people")

    def errors_of(mean, body, *, map_stride):
        return types.SimpleNamespace(means=lambda: {"mpjpe_mm": mean})

    monkeypatch.setattr(fit_weights, "errors_of", errors_of)
    return network_file


@pytest.fixture
def study(domains, tmp_path):
    return NetworkStudy(*domains, Synthetic(20, 64, ()), "photo", 10, 10, (0,), tmp_path, 1)


def test_the_pull_is_chosen_first_and_then_the_weight_of_part_maps(study, network, monkeypatch):
    assert fit_weights.of(study, network) == pytest.approx(BEST)
    monkeypatch.setattr(fit_weights, "Refinement", None)
    assert fit_weights.of(study, network) == pytest.approx(BEST)


def test_a_network_without_a_lifting_module_is_fitted_with_the_usual_weights(study, network_file):
    assert fit_weights.of(study, network_file) == {}
