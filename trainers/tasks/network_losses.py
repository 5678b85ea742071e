"""The losses of the staged network, every stage's (Zanfir et al. 2020, section 2.3).

Each is a value an example and applies to the examples that have its label; `NAMES` says what they
are. Those of pose and shape are means over the stages. Body-part alignment alone, the dearest, is
of the last stage.
"""

from collections.abc import Mapping

import tensorflow as tf

from hps_tf import losses
from hps_tf.data.images import image_batches
from hps_tf.geometry import axis_angle
from hps_tf.losses import Term
from hps_tf.models import (
    BodyDecoder,
    DetectedKeypoints,
    KnownEvidence,
    Lifter,
    Prediction,
    StagedNetwork,
    known_evidence,
)
from hps_tf.models.evidence_scale import HEATMAP_SPREAD
from hps_tf.models.presets import LATENT
from trainers.strategy import Batch
from trainers.tasks import part_alignment, seen_images
from trainers.tasks.loop_fits import LoopFits
from trainers.tasks.part_alignment import PartAlignment

NAMES = (
    "heatmaps",  # cross-entropy of all stages' heatmaps
    "part_maps",  # cross-entropy of the part maps
    "vertices",  # L_V, Eq. 8
    "pose",  # L_θ, Eq. 9
    "shape",  # L_β, Eq. 10
    "keypoint_alignment",  # L_KA with the labelled keypoints
    "part_alignment",  # L_BA with the labelled parts, Eq. 7
    "self_keypoint_alignment",  # L_KA with the network's own keypoints
    "self_part_alignment",  # L_BA with the network's own part maps
    "fitted_vertices",  # L_V with bodies fitted to the labelled keypoints in the loop
    "fitted_pose",  # L_θ with these
    "fitted_shape",  # L_β with these
    "pose_prior",  # L_ψ
    "shape_prior",  # ‖β‖²
    "smoothness",  # L_smooth, Eq. 12, of the last stage's bodies in videos
)

_OF_MAPS = {"heatmaps", "part_maps"}
"""Those that no body is needed for."""


class NetworkLosses:
    """Computes the losses.

    Args:
      network: The network.
      decoder: Makes people of its outputs.
      names: Which of `NAMES` to compute; those with a weight in some phase.
    """

    def __init__(
        self, network: StagedNetwork, decoder: BodyDecoder | Lifter, names: frozenset[str]
    ):
        self._network = network
        self._decoder = decoder
        self._names = names
        self._part_alignment = PartAlignment(decoder.body, network.options)
        self._fits = None
        if any(name.startswith("fitted_") for name in names):
            self._fits = LoopFits(decoder.body, network.prior)

    def terms(self, batch: Batch) -> dict[str, Term]:
        """Computes the terms of a batch of `hps_tf.data.images.image_batches`.

        Returns:
          The terms by name.
        """
        options = self._network.options
        known = known_evidence(
            batch["sees_labels"] > 0.0,
            batch["keypoints_2d"],
            batch["keypoint_weights"],
            batch["packed/part_labels"],
            options.map_stride,
        )
        raw = seen_images.outputs(self._network, batch, known=known)
        terms = self._terms_of_maps(raw, batch)
        if self._names <= _OF_MAPS:
            return terms
        detected = DetectedKeypoints(*map(tf.stop_gradient, self._network.detected(raw)))
        people = self._people(raw, detected, known, batch)
        body_terms, vertices = self._terms_of_bodies(people, detected, _labels(batch))
        terms |= {name: term for name, term in body_terms.items() if name in self._names}
        if "part_alignment" in self._names:
            values = self._part_alignment(vertices, image_batches.packed_pixels(batch))
            terms["part_alignment"] = Term(values, batch["has_parts"])
        if "self_part_alignment" in self._names:
            values = self._part_alignment.with_own_parts(vertices, raw["part_maps"])
            terms["self_part_alignment"] = Term(values, tf.ones_like(values))
        return terms

    def _terms_of_maps(self, raw: Mapping[str, tf.Tensor], batch: Batch) -> dict[str, Term]:
        options = self._network.options
        terms = {}
        if "heatmaps" in self._names:
            values = [
                losses.heatmap_loss(
                    raw[f"heatmaps_{stage}"],
                    batch["keypoints_2d"],
                    batch["keypoint_weights"],
                    options.map_stride,
                    HEATMAP_SPREAD,
                )
                for stage in range(1, options.keypoint_stages + 1)
            ]
            terms["heatmaps"] = Term(tf.add_n(values) / len(values), batch["has_keypoints"])
        if "part_maps" in self._names:
            values = losses.part_map_loss(raw["part_maps"], batch["packed/part_labels"])
            terms["part_maps"] = Term(values, batch["has_parts"])
        return terms

    def _people(
        self,
        raw: Mapping[str, tf.Tensor],
        detected: DetectedKeypoints,
        known: KnownEvidence,
        batch: Batch,
    ) -> Prediction:
        """The people of all stages, one stage after the other, placed by the labels if there are.

        A lifting module has one stage, and places people by what it was shown.
        """
        if isinstance(self._decoder, Lifter):
            seen = self._network.detected(raw, known)
            return self._decoder.lift(*seen, batch["intrinsics"]).people
        stages = range(1, self._network.options.pose_stages + 1)
        is_labelled = batch["has_keypoints"][:, tf.newaxis] > 0.0
        points = tf.where(
            is_labelled[..., tf.newaxis], batch["keypoints_2d"], detected.keypoints_2d
        )
        weights = tf.where(is_labelled, batch["keypoint_weights"], detected.confidence)
        return self._decoder(
            *(
                tf.cast(tf.concat([raw[f"{name}_{stage}"] for stage in stages], 0), tf.float32)
                for name in ("pose", "shape")
            ),
            *(_repeated(each, len(stages)) for each in (batch["intrinsics"], points, weights)),
        )

    def _terms_of_bodies(
        self, people: Prediction, detected: DetectedKeypoints, labels: Batch
    ) -> tuple[dict[str, Term], tf.Tensor]:
        """The terms of pose and shape, and the last stage's vertices `(B, V, 3)` on the maps."""
        options = self._network.options
        num_stages, batch = options.pose_stages, tf.shape(labels["has_pose"])[0]

        def repeated(tensor: tf.Tensor) -> tf.Tensor:
            return _repeated(tensor, num_stages)

        def mean(values: tf.Tensor) -> tf.Tensor:
            return tf.reduce_mean(tf.reshape(values, (num_stages, batch)), axis=0)

        true_rotations = axis_angle.to_matrix(labels["pose"])
        true_vertices, true_joints = self._decoder.body(
            rotation_matrices=true_rotations, shape=labels["shape"]
        )
        everywhere = tf.ones_like(labels["has_pose"])
        size = options.image_size
        own = losses.keypoint_loss(
            people.keypoints_2d,
            repeated(detected.keypoints_2d),
            repeated(detected.confidence),
            size,
        )
        labelled = losses.keypoint_loss(
            people.keypoints_2d,
            repeated(labels["keypoints_2d"]),
            repeated(labels["keypoint_weights"]),
            size,
        )
        terms = {
            "vertices": Term(
                mean(
                    losses.vertex_loss(
                        people.vertices - people.joints[:, :1],
                        repeated(true_vertices - true_joints[:, :1]),
                    )
                ),
                labels["has_pose"],
            ),
            "pose": Term(
                mean(losses.pose_loss(people.rotation_matrices, repeated(true_rotations))),
                labels["has_pose"],
            ),
            "shape": Term(
                mean(losses.shape_loss(people.shape, repeated(labels["shape"]))),
                labels["has_pose"],
            ),
            "keypoint_alignment": Term(mean(labelled), labels["has_keypoints"]),
            "self_keypoint_alignment": Term(mean(own), everywhere),
            "shape_prior": Term(mean(losses.shape_prior_loss(people.shape)), everywhere),
        }
        if self._fits is not None:
            terms |= self._terms_of_fits(self._fits, people, labels, num_stages)
        terms["pose_prior"] = Term(mean(self._pose_prior(people)), everywhere)
        smoothness = losses.smoothness_loss(
            people.pose_vector[-batch:],
            people.rotation_matrices[-batch:, 0],
            people.translation[-batch:],
        )
        terms["smoothness"] = Term(smoothness, labels["follows"])
        last = people.vertices[-batch:]
        return terms, part_alignment.on_maps(last, labels["intrinsics"], options.map_stride)

    def _terms_of_fits(
        self, fit: LoopFits, people: Prediction, labels: Batch, num_stages: int
    ) -> dict[str, Term]:
        """The terms against bodies fitted from the last stage's."""
        batch = tf.shape(labels["has_pose"])[0]
        last = Prediction(*(tf.stop_gradient(value[-batch:]) for value in people))
        is_known = labels["has_keypoints"][:, tf.newaxis]
        fits = fit(
            last,
            labels["keypoints_2d"],
            labels["keypoint_weights"] * is_known,
            labels["intrinsics"],
        )
        body = self._decoder.body(rotation_matrices=fits.rotation_matrices, shape=fits.shape)
        targets = [
            _repeated(target, num_stages)
            for target in (
                body.vertices - body.joints[:, :1], fits.rotation_matrices, fits.shape
            )
        ]  # fmt: skip
        values = {
            "fitted_vertices": losses.vertex_loss(
                people.vertices - people.joints[:, :1], targets[0]
            ),
            "fitted_pose": losses.pose_loss(people.rotation_matrices, targets[1]),
            "fitted_shape": losses.shape_loss(people.shape, targets[2]),
        }
        return {
            name: Term(
                tf.reduce_mean(tf.reshape(value, (num_stages, batch)), axis=0), fits.is_better
            )
            for name, value in values.items()
        }

    def _pose_prior(self, people: Prediction) -> tf.Tensor:
        """L_ψ: of latents, or of the latents that the prior gives a pose."""
        if self._network.options.pose_output == LATENT:
            return losses.latent_loss(people.pose_vector)
        prior = self._network.prior
        x = prior.space.from_matrices(people.rotation_matrices)
        return -prior.log_prob(x) / prior.space.dim


def _repeated(tensor: tf.Tensor, num_stages: int) -> tf.Tensor:
    """Repeats `(B, ...)` for all stages, one after the other."""
    return tf.tile(tensor, [num_stages] + [1] * (tensor.shape.rank - 1))


def _labels(batch: Batch) -> Batch:
    names = (
        "intrinsics", "keypoints_2d", "keypoint_weights", "pose", "shape",
        "has_keypoints", "has_pose", "follows",
    )  # fmt: skip
    return {name: batch[name] for name in names}
