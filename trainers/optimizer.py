"""The optimizer: AdamW with warm-up, cosine decay and clipping by global norm."""

import keras
import tensorflow as tf
from ml_collections import ConfigDict


def create(config: ConfigDict, model: keras.Model, num_replicas: int) -> keras.optimizers.Optimizer:
    """Creates the optimizer with its variables; called in the strategy's scope.

    `apply` expects gradients that are already summed over the replicas and divided by their number
    (`global_gradients`): Keras sums what it is given over the replicas.

    Args:
      config: The resolved config.
      model: The model to train.
      num_replicas: The number of replicas.
    """
    settings = config.optimizer
    schedule = learning_rate_schedule(
        settings.learning_rate, settings.warmup_steps, settings.final_fraction, config.steps
    )
    optimizer = keras.optimizers.AdamW(
        schedule,
        weight_decay=settings.weight_decay,
        # Keras clips before it sums over the replicas.
        global_clipnorm=settings.clip_norm / num_replicas,
    )
    variables = model.trainable_variables
    optimizer.exclude_from_weight_decay([v for v in variables if v.name != "kernel"])
    if config.precision == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(variables)
    return optimizer


def learning_rate_schedule(
    peak: float, warmup_steps: int, final_fraction: float, steps: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Rises linearly from 0 to `peak`, then falls along a cosine to `final_fraction` of it."""
    warmup_steps = min(warmup_steps, steps - 1)
    if warmup_steps == 0:
        return keras.optimizers.schedules.CosineDecay(peak, steps, final_fraction)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup_steps, final_fraction, warmup_target=peak, warmup_steps=warmup_steps
    )


def global_gradients(gradients: list[tf.Tensor]) -> list[tf.Tensor]:
    """Sums gradients over the replicas, so that every replica clips and checks the same ones.

    Divides by the number of replicas, because `apply` sums once more.
    """
    context = tf.distribute.get_replica_context()
    num_replicas = context.num_replicas_in_sync
    summed = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    return [gradient / num_replicas for gradient in summed]
