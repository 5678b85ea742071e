"""Report of a fit: ``summary.json`` and a few printed lines."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hps_tf.cli.fitting.batches import Batch
from hps_tf.data.keypoints.people import Skipped
from hps_tf.fitting import FitResult

_VERSION = 1
_MAX_LINES = 20


def summary(
    settings: Mapping[str, Any],
    everybody: Batch,
    result: FitResult,
    skipped: Sequence[Skipped],
    not_found: Sequence[str],
    seconds: float,
    doubts: Sequence[Sequence[str]],
) -> dict[str, Any]:
    """Sums a fit up.

    Args:
      settings: The settings that decide the result.
      everybody: Who was fitted, in the order of the result.
      result: The bodies.
      skipped: Who was left out.
      not_found: The faults of photographs that were not used.
      seconds: The time it took, of all runs together.
      doubts: Why each body is doubtful; see `hps_tf.cli.fitting.doubt`.

    Returns:
      The content of ``summary.json``.
    """
    subjects = everybody.subjects
    residuals = np.ma.masked_invalid(result.residuals).mean(axis=1).filled(np.nan)
    known = np.isfinite(residuals)
    images = {subject.person.image.frame for subject in subjects}
    return {
        "version": _VERSION,
        "settings": dict(settings),
        "num_fitted": len(subjects),
        "num_skipped": len(skipped),
        "num_images": len(images),
        "num_with_parts": sum(subject.part_map is not None for subject in subjects),
        "num_converged": int(result.converged.sum()),
        "num_doubtful": sum(map(bool, doubts)),
        "mean_residual_px": _rounded(residuals[known].mean()) if known.any() else None,
        "median_residual_px": _rounded(np.median(residuals[known])) if known.any() else None,
        "mean_prior_nll": _rounded(result.prior_nll.mean()),
        "seconds": _rounded(seconds),
        "people": [
            {
                "person_id": everybody.person_ids[row],
                "image": subject.person.image.names[0],
                "frame": subject.person.image.frame,
                "residual_px": _rounded(residuals[row]),
                "loss": _rounded(result.loss[row]),
                "prior_nll": _rounded(result.prior_nll[row]),
                "converged": bool(result.converged[row]),
                "has_parts": subject.part_map is not None,
                "doubtful": list(doubts[row]),
            }
            for row, subject in enumerate(subjects)
        ],
        "gaps": gaps(everybody) if settings["video"] else [],
        "skipped": [person._asdict() for person in skipped],
        "without_photograph": list(not_found),
    }


def gaps(everybody: Batch) -> list[dict[str, Any]]:
    """Lists the frames of a video that are missing between those where a person is fitted."""
    rows = zip(everybody.person_ids, everybody.subjects, everybody.moments, strict=True)
    return [
        {
            "person_id": person_id,
            "after": before.person.image.names[0],
            "before": after.person.image.names[0],
            "num_frames": end - start - 1,
        }
        for (person_id, before, start), (next_id, after, end) in itertools.pairwise(rows)
        if person_id == next_id and end - start > 1
    ]


def lines_of_skipped(skipped: Sequence[Skipped], not_found: Sequence[str]) -> list[str]:
    """Lists what is left out and why, in few lines."""
    everything = [f"skipped {person.person_id}: {person.reason}" for person in skipped]
    everything += [f"drawn on white: {reason}" for reason in not_found]
    lines = everything[:_MAX_LINES]
    if len(everything) > _MAX_LINES:
        lines.append(f"... and {len(everything) - _MAX_LINES} more, all in summary.json")
    return lines


def table(content: Mapping[str, Any]) -> str:
    """Returns the sums as text for people."""
    fitted = content["num_fitted"]
    rows = {
        "fitted": f"{fitted} in {content['num_images']} images",
        "skipped": f"{content['num_skipped']}",
        "with part maps": f"{content['num_with_parts']}",
        "doubtful": _doubtful(content["people"]),
        "keypoint residual": _residual(content),
        "frames missing": _missing(content["gaps"]),
        "seconds": f"{content['seconds']:.0f}, {content['seconds'] / fitted:.2f} each",
    }
    return "\n".join(f"{name:<20}{value}" for name, value in rows.items() if value)


def _doubtful(people: Sequence[Mapping[str, Any]]) -> str:
    """Counts bodies that should be looked at, and names the first."""
    found = [person for person in people if person["doubtful"]]
    if not found:
        return "none"
    first = f"person {found[0]['person_id']} in {found[0]['image']}"
    return f"{len(found)}, drawn paler; {first}: {', '.join(found[0]['doubtful'])}"


def _missing(gaps: Sequence[Mapping[str, Any]]) -> str:
    """Says how many frames are missing; nothing if none is."""
    if not gaps:
        return ""
    count = sum(gap["num_frames"] for gap in gaps)
    where = f"{gaps[0]['num_frames']} after {gaps[0]['after']} of person {gaps[0]['person_id']}"
    return f"{count}, the first {where}; each side of a gap is fitted by itself"


def _residual(content: Mapping[str, Any]) -> str:
    if content["mean_residual_px"] is None:
        return "unknown"
    mean, median = content["mean_residual_px"], content["median_residual_px"]
    return f"{mean:.2f} pixels on average, median {median:.2f}"


def _rounded(value: float) -> float | None:
    """Six digits; JSON knows no NaN."""
    return float(f"{value:.6g}") if np.isfinite(value) else None
