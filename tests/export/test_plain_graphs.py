import tensorflow as tf

from export import plain_graphs

_OPTION = "disable_meta_optimizer"


def test_graphs_are_optimized_again_after_the_scope():
    options = tf.config.optimizer.get_experimental_options
    tf.config.optimizer.set_experimental_options({_OPTION: False})
    with plain_graphs.in_this_process():
        assert options()[_OPTION]
    assert not options()[_OPTION]


def test_sessions_of_the_configuration_do_not_optimize():
    config = plain_graphs.session_config()
    assert config.graph_options.rewrite_options.disable_meta_optimizer
