"""The total loss of the staged network as a table of terms (Zanfir et al. 2020, section 2.3).

Terms of pose and shape are means over the stages. Body-part alignment alone, the dearest, and
smoothness are of the last stage. A term of one's own is a function and one call:

    def hands_loss(inputs: LossInputs) -> tf.Tensor:
        offset = inputs.last.keypoints_2d - inputs.batch.keypoints_2d
        return tf.reduce_mean(tf.norm(offset[:, 9:11], axis=-1), axis=1)

    register_term("hands", LossTerm(hands_loss, label="has_keypoints"))

after which `hands` is a name of the weights, and of the log.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import tensorflow as tf

from hps_tf import losses
from hps_tf.data.images.train_batch import TrainBatch
from hps_tf.losses import Term
from hps_tf.models.body_decoder import BodyDecoder
from hps_tf.models.evidence_scale import HEATMAP_SPREAD
from hps_tf.models.lifter import Lifter
from hps_tf.models.loss_inputs import LossInputs
from hps_tf.models.presets import LATENT
from hps_tf.models.staged_network import StagedNetwork


class LossTerm(NamedTuple):
    """A term of the total loss.

    Attributes:
      function: Computes the loss `(B,)` of each example; it may be anything where the example lacks
        the label, with finite derivatives.
      label: The field of `TrainBatch`, `(B,)`, that is 1 where an example has the label that the
        term needs; or a function that computes it; "": the term needs no label.
    """

    function: Callable[[LossInputs], tf.Tensor]
    label: str | Callable[[LossInputs], tf.Tensor] = ""

    def __call__(self, inputs: LossInputs) -> Term:
        """Computes the term with its mask."""
        values = self.function(inputs)
        if callable(self.label):
            return Term(values, self.label(inputs))
        mask = getattr(inputs.batch, self.label) if self.label else tf.ones_like(values)
        return Term(values, mask)


class TotalLoss:
    """The terms that have a weight.

        loss = TotalLoss(network, decoder, ["vertices", "pose", "keypoint_alignment"])
        values, means = losses.weighted_sum(loss(batch), weights)

    Args:
      network: The network.
      decoder: Decodes its outputs into bodies.
      names: The terms to compute, of `terms`.
      terms: All terms by name; default: those registered, `loss_terms()`.

    Raises:
      ValueError: If there is no term of a name.
    """

    def __init__(
        self,
        network: StagedNetwork,
        decoder: BodyDecoder | Lifter,
        names: Iterable[str],
        terms: Mapping[str, LossTerm] | None = None,
    ):
        self._network, self._decoder = network, decoder
        terms = loss_terms() if terms is None else terms
        wanted = set(names)
        if unknown := sorted(wanted - set(terms)):
            raise ValueError(
                f"`names`: expected terms of {', '.join(terms)}, received {', '.join(unknown)}"
            )
        self._terms = {name: term for name, term in terms.items() if name in wanted}

    def __call__(
        self, batch: TrainBatch, uses_ground_truth: tf.Tensor | None = None
    ) -> dict[str, Term]:
        """Computes the terms of a batch.

        Args:
          batch: The batch.
          uses_ground_truth: As of `LossInputs`.

        Returns:
          The terms by name, for `hps_tf.losses.weighted_sum`.
        """
        inputs = LossInputs(self._network, self._decoder, batch, uses_ground_truth)
        return {name: term(inputs) for name, term in self._terms.items()}


def loss_terms() -> dict[str, LossTerm]:
    """Gives the paper's terms and those that were registered, by name.

        sorted(hps_tf.models.loss_terms())

    Returns:
      The terms by name.
    """
    return dict(_TERMS)


def register_term(name: str, term: LossTerm) -> None:
    """Adds a term, for every `TotalLoss` made later and for the weights of training configs.

        register_term("symmetry", LossTerm(...))

    Args:
      name: Its name in weights and logs.
      term: The term. Registering the same function again changes nothing.

    Raises:
      ValueError: If the name is taken by another function.
    """
    known = _TERMS.get(name)
    if known is not None and known.function.__qualname__ != term.function.__qualname__:
        raise ValueError(f"`name`: expected a new one, received {name!r}, which is taken")
    _TERMS[name] = term


def _heatmaps(inputs: LossInputs) -> tf.Tensor:
    options, batch = inputs.network.options, inputs.batch
    values = [
        losses.heatmap_loss(
            inputs.outputs[f"heatmaps_{stage}"],
            batch.keypoints_2d,
            batch.keypoint_weights,
            options.map_stride,
            HEATMAP_SPREAD,
        )
        for stage in range(1, options.keypoint_stages + 1)
    ]
    return tf.add_n(values) / len(values)


def _part_maps(inputs: LossInputs) -> tf.Tensor:
    labels = inputs.batch.part_pixels.part_labels
    return losses.part_map_loss(inputs.outputs["part_maps"], labels)


def _vertices(inputs: LossInputs) -> tf.Tensor:
    people, true = inputs.people, inputs.true_body
    return inputs.stage_mean(
        losses.vertex_loss(
            people.vertices - people.joints[:, :1],
            inputs.repeated(true.vertices - true.joints[:, :1]),
        )
    )


def _pose(inputs: LossInputs) -> tf.Tensor:
    true = inputs.repeated(inputs.true_rotations)
    return inputs.stage_mean(losses.pose_loss(inputs.people.rotation_matrices, true))


def _shape(inputs: LossInputs) -> tf.Tensor:
    true = inputs.repeated(inputs.batch.shape)
    return inputs.stage_mean(losses.shape_loss(inputs.people.shape, true))


def _aligned_keypoints(
    inputs: LossInputs, keypoints_2d: tf.Tensor, weights: tf.Tensor
) -> tf.Tensor:
    return inputs.stage_mean(
        losses.keypoint_loss(
            inputs.people.keypoints_2d,
            inputs.repeated(keypoints_2d),
            inputs.repeated(weights),
            inputs.network.options.image_size,
        )
    )


def _keypoint_alignment(inputs: LossInputs) -> tf.Tensor:
    return _aligned_keypoints(inputs, inputs.batch.keypoints_2d, inputs.batch.keypoint_weights)


def _self_keypoint_alignment(inputs: LossInputs) -> tf.Tensor:
    return _aligned_keypoints(inputs, *inputs.detected)


def _part_alignment(inputs: LossInputs) -> tf.Tensor:
    return inputs.part_alignment(inputs.map_vertices, inputs.batch.part_pixels)


def _self_part_alignment(inputs: LossInputs) -> tf.Tensor:
    part_maps = inputs.outputs["part_maps"]
    return inputs.part_alignment.with_predicted_parts(inputs.map_vertices, part_maps)


def _pose_prior(inputs: LossInputs) -> tf.Tensor:
    people, network = inputs.people, inputs.network
    if network.options.pose_output == LATENT:
        return inputs.stage_mean(losses.latent_loss(people.pose_vector))
    prior = network.prior
    x = prior.space.from_matrices(people.rotation_matrices)
    return inputs.stage_mean(-prior.log_prob(x) / prior.space.dim)


def _shape_prior(inputs: LossInputs) -> tf.Tensor:
    return inputs.stage_mean(losses.shape_prior_loss(inputs.people.shape))


def _surprise(inputs: LossInputs) -> tf.Tensor:
    batch, (people, spread) = inputs.batch, inputs.lifted
    errors = losses.prediction_errors(
        people.rotation_matrices,
        people.shape,
        people.translation,
        inputs.true_rotations,
        batch.shape,
        batch.translation,
    )
    found = inputs.seen
    is_found = tf.cast((found.confidence > 0.0) & (batch.keypoint_weights > 0.0), tf.float32)
    return losses.surprise_loss(errors, spread, found.keypoints_2d - batch.keypoints_2d, is_found)


def _smoothness(inputs: LossInputs) -> tf.Tensor:
    last = inputs.last
    return losses.smoothness_loss(last.pose_vector, last.rotation_matrices[:, 0], last.translation)


_TERMS = {
    "heatmaps": LossTerm(_heatmaps, "has_keypoints"),  # cross-entropy, of all stages
    "part_maps": LossTerm(_part_maps, "has_parts"),  # cross-entropy
    "vertices": LossTerm(_vertices, "has_pose"),  # L_V, Eq. 8
    "pose": LossTerm(_pose, "has_pose"),  # L_θ, Eq. 9
    "shape": LossTerm(_shape, "has_pose"),  # L_β, Eq. 10
    "keypoint_alignment": LossTerm(_keypoint_alignment, "has_keypoints"),  # L_KA
    "part_alignment": LossTerm(_part_alignment, "has_parts"),  # L_BA, Eq. 7
    # L_KA and L_BA with the keypoints and parts that the network itself found.
    "self_keypoint_alignment": LossTerm(_self_keypoint_alignment),
    "self_part_alignment": LossTerm(_self_part_alignment),
    "pose_prior": LossTerm(_pose_prior),  # L_ψ
    "shape_prior": LossTerm(_shape_prior),  # ‖β‖²
    # Of errors under the deviations that a lifting module predicts; it changes these alone.
    "surprise": LossTerm(_surprise, "has_pose"),
    "smoothness": LossTerm(_smoothness, "follows"),  # L_smooth, Eq. 12, in videos
}
