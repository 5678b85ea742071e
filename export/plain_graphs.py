"""Graphs run as they were traced.

TensorFlow optimizes a graph before its first run. For a fit that takes longer than the run does, so
the answers that others are compared with come from graphs as they are; servers optimize theirs.
"""

import contextlib
from collections.abc import Iterator

import tensorflow as tf
from tensorflow.core.protobuf import config_pb2

_OPTION = "disable_meta_optimizer"


@contextlib.contextmanager
def in_this_process() -> Iterator[None]:
    """A scope in which functions that run for the first time are not optimized."""
    before = tf.config.optimizer.get_experimental_options().get(_OPTION, False)
    tf.config.optimizer.set_experimental_options({_OPTION: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({_OPTION: before})


def session_config() -> config_pb2.ConfigProto:
    """The configuration of a session that does not optimize its graph."""
    config = config_pb2.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    return config
