"""Manifest of prepared motion: every clip, every frame, every reason, in ``manifest.json``.

{"version": 1, "settings": {...},
 "splits": {"train": {"clips", "frames", "seconds", "subjects"}},
 "frames": {"source", "added_pose", "jumps", "between", "still", "written"},
 "clips": [{"name", "subject", "split", "sources": {path: sha256}, "stated_fps", "frames": {...},
            "dropped": null or a reason, "notes": [...] if there are any}]}

A file that is no clip, since it has no name of its own, no subject or no skeleton, has its
path, with null for what is not known.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hps_tf.data.mocap.conversion import FrameCount
from hps_tf.data.mocap.conversion_plan import Job
from hps_tf.errors import InputError
from hps_tf.io.json_file import write as write_json

FILE_NAME = "manifest.json"
_VERSION = 1

Manifest = dict[str, Any]


def entry(
    job: Job, count: FrameCount | None, dropped: str | None, notes: Sequence[str] = ()
) -> dict[str, Any]:
    """Describes one clip.

    Args:
      job: The file it was made from.
      count: Where its frames went; None if it could not be read.
      dropped: Why no clip was made of it, or None.
      notes: Notes for the user on how it was read.
    """
    described = {
        "name": job.name,
        "subject": job.subject,
        "split": job.split,
        "sources": job.checksums,
        "stated_fps": job.fps,
        "frames": None if count is None else dataclasses.asdict(count),
        "dropped": dropped,
    }
    return described | ({"notes": list(notes)} if notes else {})


def refused(path: str, reason: str) -> dict[str, Any]:
    """Describes a file that is no clip."""
    unknown = dict.fromkeys(("subject", "split", "stated_fps", "frames"))
    return {"name": path, "sources": {}, "dropped": reason} | unknown


def build(settings: Mapping[str, Any], fps: float, clips: Sequence[Mapping[str, Any]]) -> Manifest:
    """Sums up the entries of all clips."""
    kept = [clip for clip in clips if clip["dropped"] is None]
    splits = {}
    for split in sorted({clip["split"] for clip in kept}):
        members = [clip for clip in kept if clip["split"] == split]
        frames = sum(clip["frames"]["written"] for clip in members)
        splits[split] = {
            "clips": len(members),
            "frames": frames,
            "seconds": round(frames / fps, 3),
            "subjects": sorted({clip["subject"] for clip in members}),
        }
    counted = [clip["frames"] for clip in clips if clip["frames"] is not None]
    fields = [field.name for field in dataclasses.fields(FrameCount)]
    return {
        "version": _VERSION,
        "settings": dict(settings),
        "splits": splits,
        "frames": {field: sum(count[field] for count in counted) for field in fields},
        "clips": list(clips),
    }


def write(directory: Path, manifest: Manifest) -> None:
    """Writes the manifest of a directory of prepared motion."""
    write_json(directory / FILE_NAME, manifest, indent=1)


def read(directory: Path) -> Manifest:
    """Reads the manifest of a directory of prepared motion.

    Raises:
      InputError: If it is missing, damaged or of another version.
    """
    path = directory / FILE_NAME
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise InputError(
            f"{directory}: expected prepared motion with a {FILE_NAME}, received none"
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected JSON, received: {error}") from None
    if isinstance(manifest, dict) and manifest.get("kind") == "images":
        raise InputError(f"{directory}: expected prepared motion, received prepared images")
    if not isinstance(manifest, dict) or manifest.get("version") != _VERSION:
        version = manifest.get("version") if isinstance(manifest, dict) else manifest
        raise InputError(f"{path}: expected version {_VERSION}, received {version!r}")
    return manifest


def table(manifest: Manifest) -> str:
    """Returns the sums as text for people."""
    lines = [f"{'split':<10}{'subjects':>10}{'clips':>10}{'frames':>10}{'minutes':>10}"]
    for split, sums in manifest["splits"].items():
        lines.append(
            f"{split:<10}{len(sums['subjects']):>10}{sums['clips']:>10}{sums['frames']:>10}"
            f"{sums['seconds'] / 60:>10.1f}"
        )
    frames = manifest["frames"]
    lines.append(
        f"source frames {frames['source']}: {frames['written']} written, {frames['between']}"
        f" between those, {frames['jumps']} with jumps, {frames['added_pose']} added T-poses,"
        f" {frames['still']} in stills"
    )
    return "\n".join(lines)
