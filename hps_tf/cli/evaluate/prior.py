"""The command `hps evaluate prior`."""

import argparse

from hps_tf import priors
from hps_tf.cli import options, source
from hps_tf.cli.evaluate import prior_report
from hps_tf.evaluation import motion, prior_figures


def evaluate(arguments: argparse.Namespace) -> None:
    """Measures the prior, prints the table and writes the JSON file."""
    name, file = source.find(arguments, "prior", source.MEASURES)
    prior = priors.load(file, "density", "latent")
    prior_figures.check_references(prior, name)
    poses = motion.poses_by_split(arguments.data)
    figures = {"prior": name, **prior_figures.measure(prior, poses)}
    print(prior_report.text(figures))
    options.write_json(arguments, figures)
