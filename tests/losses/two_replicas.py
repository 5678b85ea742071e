"""Losses and metrics under MirroredStrategy on two logical CPUs, each with data of its own."""

import numpy as np
import tensorflow as tf

from hps_tf.losses import alignment_loss, pack_part_pixels
from hps_tf.metrics import MPJPE, mpjpe

NUM_VERTICES, SIZE = 300, 32


def main():
    cpu = tf.config.list_physical_devices("CPU")[0]
    logical = [tf.config.LogicalDeviceConfiguration() for _ in range(2)]
    tf.config.set_logical_device_configuration(cpu, logical)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

    rng = np.random.default_rng(0)
    vertex_parts = rng.integers(0, 15, NUM_VERTICES)
    offset = rng.uniform(0, SIZE, (4, NUM_VERTICES, 2)).astype(np.float32)
    part_labels = rng.integers(0, 15, (4, SIZE, SIZE)).astype(np.uint8)
    with strategy.scope():
        scale = tf.Variable(1.1)

    def loss_and_gradient(vertices, packed):
        with tf.GradientTape() as tape:
            loss = sum(alignment_loss(scale * vertices, packed, vertex_parts))
        return loss, tape.gradient(loss, scale)

    def inputs(context):
        first = 2 * context.replica_id_in_sync_group
        rows = slice(first, first + 2)
        return tf.constant(offset[rows]), pack_part_pixels(part_labels[rows], 24, 24)

    values = [
        strategy.experimental_distribute_values_from_function(
            lambda context, index=index: tf.nest.flatten(inputs(context))[index]
        )
        for index in range(9)
    ]
    structure = inputs(tf.distribute.get_replica_context())

    @tf.function
    def step(*values):
        def on_replica(*leaves):
            loss, gradient = loss_and_gradient(*tf.nest.pack_sequence_as(structure, leaves))
            total = tf.distribute.get_replica_context().all_reduce("SUM", gradient)
            return loss, total

        return strategy.run(on_replica, values)

    losses, gradients = step(*values)
    wanted, wanted_gradient = loss_and_gradient(
        tf.constant(offset), pack_part_pixels(part_labels, 24, 24)
    )
    got = np.concatenate([part.numpy() for part in strategy.experimental_local_results(losses)])
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    for gradient in strategy.experimental_local_results(gradients):
        np.testing.assert_allclose(gradient, wanted_gradient, rtol=1e-5)
    check_metric(strategy)
    print(f"{strategy.num_replicas_in_sync} replicas agree")


def check_metric(strategy):
    """A metric counts the people of every replica once."""
    true, estimate = tf.constant(np.random.default_rng(0).normal(size=(2, 4, 24, 3)), tf.float32)
    with strategy.scope():
        metric = MPJPE()

    @tf.function
    def update():
        def on_replica():
            rows = 2 * tf.distribute.get_replica_context().replica_id_in_sync_group
            metric.update_state(true[rows : rows + 2], estimate[rows : rows + 2])

        strategy.run(on_replica)

    update()
    np.testing.assert_allclose(metric.result(), tf.reduce_mean(mpjpe(estimate, true)), rtol=1e-5)


if __name__ == "__main__":
    main()
