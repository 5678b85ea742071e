"""The server of the command `view --prior`."""

import argparse
from pathlib import Path

from hps_tf import body as bodies
from hps_tf import extras, priors
from hps_tf.cli import source
from hps_tf.data.mocap import motion_archives
from hps_tf.priors import PosePrior
from hps_tf.visualization.prior_viewer import score_scale
from hps_tf.visualization.prior_viewer.score_scale import ScoreScale

_PORT = 8080

_INSTEAD = {
    "network.npz": "a network's results are shown by `hps view RESULT`",
    "lifting.npz": "measure it with `hps evaluate lifting`",
}


def serve(arguments: argparse.Namespace) -> None:
    """Serves the prior that the command line names until the process is interrupted.

    Raises:
      InputError: If viser is missing, or there is no such prior with a latent space, or no motion.
    """
    with extras.needed("view"):
        from hps_tf.visualization.prior_viewer.server import PriorServer
    name, file = source.find(arguments, "prior", _INSTEAD)
    prior = priors.load(file, "latent", "samples")
    body = bodies.load(arguments.body) if arguments.body else bodies.load_default()
    print(f"{name}: finding the directions that move the body most", flush=True)
    scale = _scale(prior, file, arguments)
    server = PriorServer(name, prior, body, scale, arguments.port or _PORT)
    print(f"{server.url} shows the prior in a browser on this machine; Ctrl-C ends", flush=True)
    server.wait()


def _scale(prior: PosePrior, file: str | Path, arguments: argparse.Namespace) -> ScoreScale:
    """Takes motion capture that is given, else what comes with the prior, else its samples."""
    if arguments.data:
        clips = motion_archives.of_split(arguments.data, arguments.split or "test", "--data")
        return score_scale.of_motion(prior, clips, f"motion capture, split {clips[0].split}")
    shipped = score_scale.shipped(str(file)) if file in priors.list_pretrained() else None
    return shipped or score_scale.of_samples(prior)
