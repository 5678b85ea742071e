"""Writes how the pretrained priors score motion capture, for the percentiles of `hps view --prior`.

    python -m tools.publish_scores --data data/mocap

rates each pose of held-out people by each pretrained prior that the viewer shows, and writes the
scores' percentiles beside the priors. After a prior is published anew, run it again: percentiles of
other weights are not used, and a test says so.
"""

from pathlib import Path

from hps_tf import priors
from hps_tf.cli import command, environment, options

_SHIPPED = Path(priors.__file__).parent / "pretrained" / "scores.json"


def main() -> None:
    """Runs the program."""
    parser = command.parser("tools.publish_scores", __doc__, [options.motion()])
    parser.add_argument("--split", default="test", help="split of --data (%(default)s)")
    parser.add_argument(
        "--source",
        default="CMU motion capture",
        metavar="TEXT",
        help="what the viewer calls the data (%(default)s)",
    )
    parser.add_argument(
        "--output",
        type=command.path,
        default=_SHIPPED,
        metavar="FILE",
        help="(default %(default)s)",
    )
    arguments = parser.parse_args()
    environment.import_quietly()
    from hps_tf.data.mocap import motion_archives
    from hps_tf.visualization.prior_viewer import score_scale

    clips = motion_archives.of_split(arguments.data, arguments.split, "--data")
    name = f"{arguments.source}, split {arguments.split}"
    scales = {}
    for prior_name in priors.list_pretrained():
        prior = priors.load(prior_name)
        if prior.latent_dim:
            scales[prior_name] = score_scale.of_motion(prior, clips, name)
            low, middle, high = scales[prior_name].quantiles[[5, 50, 95]]
            print(f"{prior_name}: 5 % {low:.1f}, 50 % {middle:.1f}, 95 % {high:.1f} nats")
    score_scale.publish(scales, arguments.output)
    print(f"wrote {arguments.output}")


if __name__ == "__main__":
    command.run(main, "tools.publish_scores")
