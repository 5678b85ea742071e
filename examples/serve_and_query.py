"""Exports a pose prior for TensorFlow Serving, and queries it in this process, without a server.

    python examples/serve_and_query.py --prior cmu-6d-light --output served_out

Writes served_out/NAME/1, a directory that TensorFlow Serving watches, and samples.png with poses
that its signature `prior_sample` answered. With a network and a running server, photographs are
sent by `hps predict --server localhost:8500 photograph.jpg`.
"""

import argparse
from pathlib import Path

import tensorflow as tf

import hps_tf.body
from export import savedmodel
from hps_tf.visualization import body_picture, contact_sheet, png


def query(directory: Path, count: int) -> tf.Tensor:
    """Asks the signatures for samples and their log-density; returns the poses `(count, 24, 3)`."""
    served = tf.saved_model.load(str(directory))
    print("signatures:", ", ".join(sorted(served.signatures)))
    sampled = served.signatures["prior_sample"](n=tf.constant(count), seed=tf.constant(0))
    rated = served.signatures["prior_log_prob"](x=sampled["x"])
    print("log-density, nats:", rated["log_prob"].numpy().round(1))
    return sampled["pose"]


def main(source: list[str], output: Path, count: int = 4) -> None:
    """Exports a prior, queries it and draws the answer."""
    savedmodel.main([*source, "--output", str(output), "--quick"])
    newest = max(output.glob("*/[0-9]*"), key=lambda path: path.stat().st_mtime)
    body = hps_tf.body.load_small()
    people = body(pose=query(newest, count)).vertices.numpy()
    pictures = [body_picture(vertices, body.faces, view=(200, 150)) for vertices in people]
    png.write(output / "samples.png", contact_sheet(pictures, count))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--prior", default="cmu-6d-light", help="the name of a pretrained prior")
    source.add_argument("--run", help="directory of a training run with prior.npz")
    parser.add_argument("--output", type=Path, default=Path("served_out"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    chosen = ["--run", arguments.run] if arguments.run else ["--model", arguments.prior]
    main(chosen, arguments.output)
