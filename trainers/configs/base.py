"""The settings that experiments share."""

import inspect

from ml_collections import ConfigDict

from hps_tf.models.presets import MOVENET, PRESETS
from hps_tf.models.staged_network import MODULES
from hps_tf.priors.architectures import ARCHITECTURES


def training() -> ConfigDict:
    """The settings of the training loop; every experiment has them all."""
    return ConfigDict(
        {
            "task": "",  # A name in trainers.tasks.TASKS.
            # Modules to import first, which may register losses, backbones and tasks.
            "imports": (),
            "seed": 0,
            "steps": 4_000,
            "batch_size": 256,  # Over all replicas.
            "steps_per_call": 50,  # Steps between two returns to Python.
            "log_every": 200,
            "validate_every": 500,
            "checkpoint_every": 500,
            "patience": 4,  # Validations without a better one before the run stops; 0: never.
            "strategy": "none",  # none | mirrored | multi_worker
            "precision": "float32",  # float32 | mixed_bfloat16 | mixed_float16
            "xla": True,
            "optimizer": {
                "learning_rate": 2e-3,
                "warmup_steps": 200,
                "final_fraction": 0.01,  # Of the learning rate, at the end of its cosine decay.
                "weight_decay": 0.0,  # Of kernels alone.
                "clip_norm": 100.0,
                "average_decay": 0.995,  # Of the weight average that is validated and kept.
            },
        }
    )


def prior(preset: str, space: str) -> ConfigDict:
    """Trains a pose prior on prepared motion capture.

    Args:
      preset: An architecture of `hps_tf.priors.architectures`; its options become settings.
      space: A pose space, ``"axis_angle"`` or ``"6d"``.
    """
    options = inspect.signature(ARCHITECTURES[preset]).parameters.values()
    config = training()
    config.task = "prior"
    config.prior = {
        "preset": preset,
        "space": space,
        "sigma": 0.1,  # Standard deviation of the dequantisation noise.
        "options": {option.name: option.default for option in options if option.name != "dim"},
    }
    config.data = mocap()
    config.data.mixture_poses = 50_000  # What the reference mixture is fitted to, at most.
    return config


def mocap() -> ConfigDict:
    """The settings of training poses from prepared motion capture."""
    return ConfigDict(
        {
            # A directory of tools.prepare_mocap, or several with commas between; a clip that an
            # earlier one has is not taken again.
            "path": "",
            "mirror": True,  # Poses with left and right exchanged are added.
            "subject_balance": 0.5,  # 0: a share as large as one's data; 1: everybody the same.
            "limb_swapping": 0.4,  # Share of the poses that take limbs from another.
            "joint_mixing": 0.15,  # How far joints turn towards another's, as a share of the way.
        }
    )


def vae() -> ConfigDict:
    """Trains VPoser's auto-encoder on prepared motion capture."""
    config = training()
    config.task = "vae"
    config.steps = 3_000
    config.batch_size = 128
    config.prior = {
        "space": "6d",
        "hidden_units": 512,
        "latent_dim": 32,
        "dropout": 0.1,
        "reconstruction": "mesh",  # mesh | rotations
        # The mean error that costs one nat: metres by vertex and coordinate, or radians by joint.
        "tolerance": 0.0004,
        "mesh_vertices": 500,  # Of the embedded body's 3,000, spread over it.
    }
    config.data = mocap()
    return config


def discriminator() -> ConfigDict:
    """Trains HMR's discriminators on prepared motion capture."""
    config = training()
    config.task = "discriminator"
    config.prior = {"space": "6d", "joint_units": 32, "hidden_units": 1024}
    config.generator = {"latent_dim": 32, "hidden_units": 256}
    config.data = mocap()
    return config


def lifting() -> ConfigDict:
    """Trains the lifting network on evidence of prepared motion capture."""
    config = training()
    config.task = "lifting"
    config.steps = 46_000
    config.batch_size = 256
    config.validate_every = 2_000
    config.checkpoint_every = 2_000
    config.patience = 0
    config.optimizer.learning_rate = 1e-3
    config.optimizer.warmup_steps = 500
    config.optimizer.weight_decay = 1e-4
    config.optimizer.clip_norm = 1.0
    config.optimizer.average_decay = 0.998
    config.network = {
        "width": 640,
        "blocks": 3,
        "prior": "cmu-6d-light",
        "start_from": "",  # A lifting.npz of the same sizes, or a pretrained network's name.
    }
    config.weights = {
        "joints": 10.0,  # Mean distance of 24 joints and 17 keypoints, metres.
        "rotations": 0.3,  # Squared Frobenius distance of the root's and, on average, the others'.
        "shape": 0.01,
        "surprise": 0.01,  # Negative log-likelihood of the errors, a mean over all numbers.
    }
    config.validation_people = 1_500
    config.data = mocap()
    config.data.limb_swapping = 0.3
    return config


def lifting_weak() -> ConfigDict:
    """Trains a lifting network of which only some people have 3D labels: the paper's way."""
    config = _partly_labelled()
    config.task = "lifting_weak"
    config.weights.pose_prior = 0.02  # Energy of the pose by dimension, nats.
    return config


def lifting_hmr() -> ConfigDict:
    """Trains HMR's regressor on the evidence of the lifting network."""
    config = _partly_labelled()
    config.task = "lifting_hmr"
    config.network.rounds = 3
    config.discriminator = {"joint_units": 32, "hidden_units": 512}
    config.weights.adversary = 0.05  # Sum over discriminators, of both sides.
    return config


def lifting_spin() -> ConfigDict:
    """Trains the same regressor with SPIN's fits in the loop."""
    config = _partly_labelled()
    config.task = "lifting_spin"
    config.network.rounds = 3
    config.weights.fitted = 1.0  # Of fits beside labels, of which the other weights are.
    config.fit_steps = 4  # Damped Gauss-Newton steps from the network's estimate.
    return config


def lifting_vibe() -> ConfigDict:
    """Trains VIBE's recurrent regressor on windows of frames."""
    config = _partly_labelled()
    config.task = "lifting_vibe"
    # From SPIN's network; at the rate of the others windows of few people make it worse.
    config.optimizer.learning_rate = 2e-4
    config.network.rounds = 3
    config.network.units = 128  # Of each direction of a recurrent layer.
    config.window = 16  # Frames; the batch size counts frames, too.
    config.discriminator = {"units": 64}
    config.weights.adversary = 0.5  # Of both sides.
    return config


def _partly_labelled() -> ConfigDict:
    """What the methods with few 3D labels share."""
    config = lifting()
    config.labels = {
        "share": 0.25,  # Of the people of a batch; the others have keypoints alone.
        "subjects": 3,  # Whose motion has labels, which the seed chooses; 0: everybody's.
    }
    config.weights.reprojection = 10.0  # Mean distance of keypoints, as a share of their box.
    config.weights.shape_prior = 0.01
    config.network.rounds = 0  # See hps_tf.models.LiftingOptions.
    return config


def network(preset: str) -> ConfigDict:
    """Trains the staged network on prepared images.

    The sources of `data` and the `phases` may be replaced by others: any number, any names.
    `curriculum` says in which order the phases follow each other.

    Args:
      preset: A size of `hps_tf.models.PRESETS`.
    """
    config = training()
    config.task = "network"
    config.xla = False  # It makes convolutions slower on a CPU, and compiles for minutes.
    config.batch_size = 32
    config.steps_per_call = 10
    config.validation_batch_size = 32
    config.measured = ()  # Sources whose people each validation measures.
    config.window = 1  # Consecutive frames that stay together in a batch, for `smoothness`.
    config.optimizer.learning_rate = 1e-3
    config.optimizer.clip_norm = 10.0
    # Augmented views of each image of which a frozen front end's features are kept on disk; 0:
    # features are computed at every step.
    config.views = 0
    config.cache = ""  # Where they are kept; by default in the run directory.
    options = PRESETS[preset]
    has_front = options.keypoints == MOVENET
    config.network = {
        "preset": preset,
        # A file of the body that the images' labels are of, e.g. SMPL's; by default the embedded.
        "body": "",
        "backbone": options.backbone,  # plain, a model of keras.applications, or a registered one.
        "backbone_weights": "",  # imagenet: pretrained weights, which Keras downloads.
        "keypoints": options.keypoints,  # trained | movenet
        "pose": options.pose,  # convolutional | lifting
        "pose_output": options.pose_output,  # latent | 6d | axis_angle
        "prior": options.prior,
        # The modules that are trained; others are frozen, as MoveNet's always are.
        "trained": MODULES[2:] if has_front else MODULES,
        "start_from": "",  # A network.npz of the same sizes, or a pretrained network's name.
        "lifting": "",  # Where the lifting module starts: a name ("photo") or a lifting.npz.
    }
    config.data = {"labelled": source()}
    config.curriculum = ("supervised",)  # The phases in their order.
    config.phases = {
        "supervised": {
            "share_of_steps": 1.0,
            # Share of the images in which the pose module sees labelled keypoints and parts instead
            # of those found (teacher forcing), so that it need not wait for the others to learn.
            # Validation uses those found, unless this is 1 in the last phase.
            "ground_truth_evidence": 0.5,
            "data": {"labelled": 1.0},  # Shares of the batch.
            "weights": weights(supervised=True),
        },
    }
    config.augmentation = {
        "scale": 1.25,  # Up to this factor, larger or smaller.
        "rotation": 0.52,  # Radians, either way.
        "rotated": 0.6,  # Probability.
        "shift": 0.08,  # Of the image's side.
        "flip": 0.5,  # Probability.
        "colour": 1.0,  # Strength.
        "occluders": 0.3,  # Probability.
        "background": 0.3,  # Probability, where the silhouette is known.
    }
    return config


def source() -> ConfigDict:
    """The settings of a directory of prepared images."""
    return ConfigDict(
        {
            "path": "",
            "split": "train",
            "validation_split": "val",
            "max_validation": 512,  # Images of it that are used.
            "labels": "all",  # all | 3d (leaving out examples without) | 2d | none
            "supervised": 1.0,  # Share of the subjects whose 3D labels are used.
        }
    )


def weights(*, supervised: bool) -> ConfigDict:
    """The weights of a phase's losses.

    Args:
      supervised: L_total (with the 3D labels) or L_ws (without), section 2.3 of the paper.
    """
    chosen = {
        "heatmaps": 1.0,
        "part_maps": 2.0,
        "keypoint_alignment": 5.0,
        "part_alignment": 5.0,
        "pose_prior": 0.01,
        "shape_prior": 0.005,
    }
    if supervised:
        chosen |= {"vertices": 5.0, "pose": 1.0, "shape": 0.02}
    return ConfigDict(chosen)
