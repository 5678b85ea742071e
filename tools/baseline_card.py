"""The model cards of priors without a density."""

from typing import Any

from hps_tf.priors import PosePrior


def card(prior: PosePrior, figures: dict[str, Any], digest: str) -> list[str]:
    """Writes the card's lines.

    Args:
      prior: The prior with its published card.
      figures: The JSON of `hps evaluate energy`.
      digest: SHA-256 of the prior's file.
    """
    name, published = prior.card["name"], prior.card
    lines = [
        f"# {name}",
        "",
        f"{prior.title}, trained by this project, over {prior.space.name} poses "
        f"({prior.space.dim} numbers, 21 joints): {prior.num_parameters:,} parameters, "
        f"stored in half precision; σ {prior.sigma:.3g}. {prior.measure}",
        "",
        f"- **Data:** {published['data']}; {published['train_poses']:,} training poses at 30 fps "
        "and as many mirrored, validation and test on other people. See NOTICE.",
        f"- **Trained by:** `{published['command']}`",
        f"- **Evaluated by:** `python -m tools.evaluate energy --prior {name} --data … --json …`",
        f"- **sha256:** `{digest}`",
        "",
        "Share of pairs of a recorded pose and one made wrong in which the recorded one has the "
        "lower energy (0.5 is chance): joints of different poses put together, some joints turned "
        "at random, rotations random altogether.",
        "",
        "| split | frames | exchanged | turned | random |",
        "|---|---|---|---|---|",
        *(_separation_row(split, values) for split, values in figures["splits"].items()),
    ]
    if prior.latent_dim:
        lines += [
            "",
            "decode(encode(pose)) against the pose, mean over frames and body joints:",
            "",
            "| split | angle, ° | joint position, cm |",
            "|---|---|---|",
            *(_reconstruction_row(split, values) for split, values in figures["splits"].items()),
        ]
    if "samples" in figures:
        lines += [
            "",
            f"Samples ({figures['samples']['num_samples']:,}) against as many poses of "
            f"{figures['sample_split']}, both with noise of σ {figures['sample_noise']:g}, by "
            "joint positions:",
            "",
            "| | FID, m² | precision | recall | density | coverage | APD, m | in joint ranges |",
            "|---|---|---|---|---|---|---|---|",
            _sample_row("prior", figures["samples"]),
            _sample_row("seen", figures["reference_samples"]["seen"]),
        ]
    return lines


def _separation_row(split: str, values: dict) -> str:
    shares = values["separation"]
    cells = " | ".join(f"{shares[name]:.3f}" for name in ("exchanged", "turned", "random"))
    return f"| {split} | {values['num_poses']:,} | {cells} |"


def _reconstruction_row(split: str, values: dict) -> str:
    errors = values["reconstruction"]
    return f"| {split} | {errors['degrees']:.2f} | {errors['mpjpe_cm']:.2f} |"


def _sample_row(name: str, values: dict) -> str:
    scores = ("fid", "precision", "recall", "density", "coverage", "apd", "share_in_joint_ranges")
    return f"| {name} | " + " | ".join(f"{values[score]:.3f}" for score in scores) + " |"
