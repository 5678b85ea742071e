import numpy as np
import pytest
import tensorflow as tf

from hps_tf.metrics import batches


@pytest.mark.parametrize("num_rows", [1, 7, 8, 20])
def test_rows_keep_their_results_for_every_remainder_of_the_batch(num_rows):
    rows = np.random.default_rng(0).normal(size=(num_rows, 3, 2)).astype(np.float32)
    result = batches.apply(lambda batch: tf.reduce_sum(batch, axis=-1), rows, batch_size=8)
    np.testing.assert_allclose(result, rows.sum(-1), rtol=1e-6)


def test_no_batch_is_larger_than_stated():
    sizes = []

    def remember(batch):
        sizes.append(len(batch))
        return batch

    batches.apply(remember, np.zeros((19, 3), np.float32), batch_size=8)
    assert sizes == [8, 8, 3]
