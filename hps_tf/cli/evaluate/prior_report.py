"""The figures of a prior as text."""

from hps_tf.metrics.likelihood import QUANTILES

_NAMES = {"prior": "prior", "gaussian": "Gaussian", "gmm8": "GMM-8", "seen": "seen poses"}
_SCORES = ("fid", "precision", "recall", "density", "coverage", "apd", "share_in_joint_ranges")


def text(figures: dict) -> str:
    """Returns the tables of what `hps_tf.evaluation.prior_figures` measured."""
    speed = figures["poses_per_second"]
    return "\n".join(
        [
            f"{figures['prior']}: {figures['preset']} over {figures['space']},"
            f" {figures['num_parameters']:,} parameters, sigma {figures['sigma']:g}",
            "",
            "Negative log-likelihood, nats per dimension",
            *_likelihood_rows(figures["splits"]),
            "",
            *_sample_rows(figures),
            "",
            f"decode(encode(x)) is off by at most {figures['round_trip_max_error']:.1e}",
            f"{speed['log_prob']:,.0f} poses/s rated, {speed['sample']:,.0f} poses/s drawn",
        ]
    )


def _likelihood_rows(splits: dict[str, dict]) -> list[str]:
    columns = ["mean", "median", *(f"{quantile}%" for quantile in QUANTILES)]
    rows = [f"{'split':8}{'poses':>8}  {'':12}" + "".join(f"{name:>9}" for name in columns)]
    for split, figures in splits.items():
        means = {
            "prior": figures["nll_per_dim"],
            "gaussian": figures["gaussian_nll_per_dim"],
            "gmm8": figures["gmm8_nll_per_dim"],
        }
        for name, mean in means.items():
            values = [mean, figures["median"][name], *figures["quantiles"][name].values()]
            label = f"{split:8}{figures['num_poses']:8,}" if name == "prior" else " " * 16
            rows.append(f"{label}  {_NAMES[name]:12}" + "".join(f"{v:9.3f}" for v in values))
    return rows


def _sample_rows(figures: dict) -> list[str]:
    if figures["samples"] is None:
        return ["Samples are not compared: they need poses that are not of train"]
    ranges = figures["range_split"]
    title = (
        f"{figures['samples']['num_samples']:,} samples against as many poses of"
        f" {figures['sample_split']}; "
        + (
            f"joint ranges of {ranges}"
            if ranges
            else "joint ranges need poses of train, received none"
        )
    )
    headings = ["FID, m²", "precision", "recall", "density", "coverage", "APD, m", "in range"]
    rows = [title, " " * 12 + "".join(f"{heading:>11}" for heading in headings)]
    for name, scores in {"prior": figures["samples"], **figures["reference_samples"]}.items():
        values = [scores[key] for key in _SCORES]
        texts = [f"{'-' if value is None else format(value, '.4f'):>11}" for value in values]
        rows.append(f"{_NAMES[name]:12}" + "".join(texts))
    return rows
