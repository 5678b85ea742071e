"""The settings that experiments share."""

import inspect

from ml_collections import ConfigDict

from hps_tf.priors.presets import PRESETS


def training() -> ConfigDict:
    """The settings of the training loop; every experiment has them all."""
    return ConfigDict(
        {
            "task": "",  # A name in trainers.tasks.TASKS.
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
      preset: An architecture of `hps_tf.priors.presets`; its options become settings.
      space: A pose space, ``"axis_angle"`` or ``"6d"``.
    """
    options = inspect.signature(PRESETS[preset]).parameters.values()
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
