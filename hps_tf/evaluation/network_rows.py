"""Figures of a network, and of bodies fitted to the network's own detections.

A row is that of the network alone, or of a refinement of its bodies (Zanfir et al. 2020, Table 3).
"""

import contextlib
import math
from collections.abc import Iterator, Sequence

from tqdm import tqdm

from hps_tf.evaluation import network_figures
from hps_tf.evaluation.clips import clips
from hps_tf.evaluation.network_figures import Figures
from hps_tf.evaluation.predicted_people import PredictedPeople
from hps_tf.evaluation.refinement import Refinement
from hps_tf.fitting.progress import Progress
from hps_tf.models import Predictor


def measure(
    predictor: Predictor,
    people: PredictedPeople,
    refinements: Sequence[str] = (),
    windows: Sequence[int] = (),
    *,
    is_whole: bool,
) -> Figures:
    """Computes the figures of a network's people.

    Args:
      predictor: The network with its body.
      people: Its predictions, with the labels.
      refinements: Which fits to measure too: "ka", "ka+ba".
      windows: Of which numbers of frames to measure fits of videos too.
      is_whole: Whether the frames of videos among them follow each other without gaps.

    Returns:
      Those of the network alone by name, in "rows" those of each row, and in "fit_weights" what
      the terms of the fits counted, if there are any.
    """
    stretches = clips(people.labels) if is_whole else []
    refinement = Refinement(predictor)

    def row(found: PredictedPeople) -> Figures:
        return network_figures.measure(
            found,
            predictor.decoder.body,
            map_stride=predictor.network.options.map_stride,
            stretches=stretches,
        )

    rows = {"network": row(people)}
    for name in refinements:
        with _fitting(name) as progress:
            found = refinement.images(people, with_parts=name == "ka+ba", progress=progress)
        rows[name] = row(found)
    for length in windows:
        with _fitting(f"video of {length}") as progress:
            found = refinement.video(people, stretches, length, progress)
        rows[f"video-{length}"] = row(found)
    figures = {**rows["network"], "rows": rows}
    if len(rows) > 1:
        # JSON has no number for an error that never saturates.
        figures["fit_weights"] = {
            name: weight if math.isfinite(weight) else None
            for name, weight in refinement.weights._asdict().items()
        }
    return figures


@contextlib.contextmanager
def _fitting(what: str) -> Iterator[Progress]:
    with tqdm(desc=f"fitting {what}", unit="fit", delay=1.0) as bar:

        def advance(ended: int, total: int) -> None:
            bar.total = total
            bar.update(ended - bar.n)

        yield advance
