"""Two sides of one adversarial loss.

One loss trains both: what a side must not be trained by is constant in its weights.
"""

import keras
import tensorflow as tf


class Together(keras.Model):
    """Both sides, for the optimizer.

    Args:
      generator: What is judged.
      *discriminators: Its judges.
    """

    def __init__(self, generator: keras.Model, *discriminators: keras.Model):
        super().__init__()
        # In this order are the weights in checkpoints.
        self.discriminators = list(discriminators)
        self.generator = generator
        self.built = True


def frozen(discriminator: keras.Model, inputs: tf.Tensor) -> tf.Tensor:
    """The discriminator's scores, as a function of the inputs alone."""
    weights = [tf.stop_gradient(weight.value) for weight in discriminator.trainable_variables]
    others = [variable.value for variable in discriminator.non_trainable_variables]
    scores, _ = discriminator.stateless_call(weights, others, inputs)
    return scores


def least_squares(
    discriminator: keras.Model, real: tf.Tensor, made: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Computes both sides' losses by least squares (Mao et al. 2017).

    Args:
      discriminator: Gives `(B, S)` scores, 1 of what is real.
      real: B recorded things.
      made: B generated ones.

    Returns:
      The discriminator's loss and the generator's, `(B,)` each, sums over scores.
    """
    of_real, of_made = tf.split(discriminator(tf.concat([real, tf.stop_gradient(made)], axis=0)), 2)
    told = sum_of_squares(of_real - 1.0) + sum_of_squares(of_made)
    return told, sum_of_squares(frozen(discriminator, made) - 1.0)


def sum_of_squares(values: tf.Tensor) -> tf.Tensor:
    """Sums `(B, S)` squares to `(B,)`."""
    return tf.reduce_sum(tf.square(values), axis=-1)
