import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from hps_tf.metrics.roc_auc import roc_auc


def test_separation_equals_scikit_learns_area_with_ties():
    rng = np.random.default_rng(0)
    real, other = rng.integers(0, 6, 50), rng.integers(2, 9, 80)
    labels = np.concatenate([np.zeros(50), np.ones(80)])
    expected = roc_auc_score(labels, np.concatenate([real, other]))
    assert roc_auc(real, other) == pytest.approx(expected)


def test_ends_of_the_scale():
    low, high = np.arange(5.0), np.arange(10.0, 13.0)
    assert roc_auc(low, high) == 1.0
    assert roc_auc(high, low) == 0.0
    assert roc_auc(low, low) == 0.5
