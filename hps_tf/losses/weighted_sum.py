"""The weighted sum of a network's losses (Zanfir et al. 2020, Eq. 11), with what to log of it.

Each term returns one value per example and a mask of the examples that carry its label; the others
add nothing.
"""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf


class Term(NamedTuple):
    """A loss.

    Attributes:
      values: `(B,)`; may be anything where the example does not have the label, even NaN. Their
        derivatives must be finite all the same: 0 times NaN is NaN, in the gradient of that example
        and of all that it shares with others.
      is_labelled: `(B,)` 1 where it has, else 0.
    """

    values: tf.Tensor
    is_labelled: tf.Tensor


def weighted_sum(
    terms: Mapping[str, Term], weights: Mapping[str, tf.Tensor]
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """Adds up the terms of each example.

    Args:
      terms: The losses by name.
      weights: `()` or `(B,)` by the same names.

    Returns:
      The sum `(B,)`, and each term's mean over the examples that have its label, `()`, 0 without.

    Raises:
      ValueError: If a term has no weight.
    """
    missing = sorted(terms.keys() - weights.keys())
    if missing:
        raise ValueError(f"`weights`: expected every term, received none of {', '.join(missing)}")
    first = next(iter(terms.values())).values
    total = tf.zeros_like(first)
    means = {}
    for name, (values, is_labelled) in terms.items():
        values = tf.where(is_labelled > 0.0, values, 0.0)
        total += weights[name] * values
        means[name] = tf.math.divide_no_nan(tf.reduce_sum(values), tf.reduce_sum(is_labelled))
    return total, means
