"""Prepares motion capture: the work of `tools.prepare_mocap`."""

import argparse
import functools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hps_tf.cli import progress
from hps_tf.data.mocap import conversion_plan, motion_manifest, motion_records, source_files
from hps_tf.data.mocap.conversion import Converter
from hps_tf.data.mocap.conversion_plan import Job
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.errors import InputError
from hps_tf.io import atomic_directory, settings_record
from hps_tf.io.process_map import process_map
from tools import mocap_options, shares

# Starting a process takes as long as converting so many clips.
_CLIPS_PER_PROCESS = 16

#: A converted file: its clip, if any is worth keeping, and its entry in the manifest.
Outcome = tuple[MotionClip | None, dict[str, Any]]


def run(args: argparse.Namespace, settings: Mapping[str, Any]) -> None:
    """Converts what the arguments of `tools.prepare_mocap` say.

    Args:
      args: The arguments.
      settings: What decides the output beside the input.

    Raises:
      InputError: If something of the input cannot be used.
    """
    jobs, refused = conversion_plan.make(args.input, mocap_options.plan_settings(args))
    converter = mocap_options.converter(args)
    output = args.output
    if args.share:
        jobs, output = args.share.of(jobs), args.share.directory(output)
        refused = dict(args.share.of(list(refused.items())))
    entries = [motion_manifest.refused(path, reason) for path, reason in refused.items()]
    earlier = _read_earlier(output, settings)
    is_done = all(_is_done(job, earlier, args.skip_bad) for job in jobs)
    known = [entry for _, entry in earlier.values() if not entry["sources"]]
    if is_done and earlier and len(earlier) == len(jobs) + len(entries) and known == entries:
        print(f"{output}: all {len(jobs)} clips are prepared already")
        return
    if args.join is not None:
        for directory in shares.finished(output, args.join):
            earlier |= _read_earlier(directory, settings)
    outcomes = {
        job.name: earlier[job.name] for job in jobs if _is_done(job, earlier, args.skip_bad)
    }
    todo = {job.path: job for job in jobs if job.name not in outcomes}
    with atomic_directory.replacing(output) as directory:
        outcomes |= _convert_all(converter, args, todo)
        ordered = [*(outcomes[job.name] for job in jobs), *((None, entry) for entry in entries)]
        if not args.share:
            _check_any_kept(ordered)
        manifest = _write(directory, settings, args.fps, ordered)
    _report(output, manifest)


def _read_earlier(output: Path, settings: Mapping[str, Any]) -> dict[str, Outcome]:
    """Returns the output of an earlier run with the same settings, by clip."""
    if output.exists() and not output.is_dir():
        raise InputError(f"{output}: expected a directory to write, received a file")
    if not output.is_dir() or not any(output.iterdir()):
        return {}
    manifest = motion_manifest.read(output)
    settings_record.check(
        manifest["settings"],
        settings,
        str(output),
        "motion",
        "choose another output or remove this one",
    )
    clips = {
        clip.name: clip
        for split in manifest["splits"]
        for clip in motion_records.read_clips(output, split)
    }
    return {entry["name"]: (clips.get(entry["name"]), entry) for entry in manifest["clips"]}


def _is_done(job: Job, earlier: Mapping[str, Outcome], skip_bad: bool) -> bool:
    if job.name not in earlier:
        return False
    clip, entry = earlier[job.name]
    if clip is not None and clip.split != job.split:  # Shares, when subjects have joined.
        return False
    return entry["sources"] == job.checksums and (entry["frames"] is not None or skip_bad)


def _convert_all(
    converter: Converter, args: argparse.Namespace, todo: Mapping[str, Job]
) -> dict[str, Outcome]:
    """Reads and converts the files to do, and shows the progress."""
    items = (
        (todo[file.path], file.data)
        for file in source_files.read_all(args.input, lambda path: path in todo)
    )
    convert = functools.partial(_convert, converter, args.skip_bad)
    num_processes = max(1, min(args.workers, math.ceil(len(todo) / _CLIPS_PER_PROCESS)))
    outcomes = {}
    with progress.bar(len(todo), "clip") as shown:
        for (job, _), outcome in process_map(convert, items, num_processes):
            outcomes[job.name] = outcome
            shown.update()
    return outcomes


def _convert(converter: Converter, skip_bad: bool, item: tuple[Job, bytes]) -> Outcome:
    job, data = item
    try:
        clip, count, notes = converter.convert(job, data)
    except InputError as error:
        if not skip_bad:
            raise
        return None, motion_manifest.entry(job, None, str(error))
    reason = None
    if clip is None:
        reason = "a joint jumps in every frame" if count.jumps else "a calibration still"
    return clip, motion_manifest.entry(job, count, reason, notes)


def _check_any_kept(outcomes: Sequence[Outcome]) -> None:
    if all(clip is None for clip, _ in outcomes):
        _, first = outcomes[0]
        raise InputError(
            f"expected at least one clip to keep, received none of {len(outcomes)};"
            f" {first['name']}: {first['dropped']}"
        )


def _write(
    directory: Path, settings: Mapping[str, Any], fps: float, outcomes: Sequence[Outcome]
) -> motion_manifest.Manifest:
    clips = [clip for clip, _ in outcomes if clip is not None]
    for split in sorted({clip.split for clip in clips}):
        motion_records.write_shards(directory, split, [c for c in clips if c.split == split])
    manifest = motion_manifest.build(settings, fps, [entry for _, entry in outcomes])
    motion_manifest.write(directory, manifest)
    return manifest


def _report(output: Path, manifest: motion_manifest.Manifest) -> None:
    for clip in manifest["clips"]:
        if clip["dropped"] is not None:
            print(f"dropped {clip['name']}: {clip['dropped']}")
    for note, names in _notes(manifest).items():
        others = f" and {len(names) - 1} more" if len(names) > 1 else ""
        print(f"{names[0]}{others}: {note}")
    print(motion_manifest.table(manifest))
    print(f"{output}: written, with {motion_manifest.FILE_NAME}")


def _notes(manifest: motion_manifest.Manifest) -> dict[str, list[str]]:
    """Returns what there is to say, and of which clips."""
    clips_of: dict[str, list[str]] = {}
    for clip in manifest["clips"]:
        for note in clip.get("notes", ()):
            clips_of.setdefault(note, []).append(clip["name"])
    return clips_of
