r"""Prepares motion capture for training: reads ASF/AMC, BVH or AMASS, writes TFRecord shards.

    python -m tools.prepare_mocap --input cmu_asfamc.tar.xz --format asf_amc --output mocap/cmu \
        --splits clips.csv --fallback_asf 01

The output holds SPLIT-00000-of-0000N.tfrecord and manifest.json, which accounts for every clip and
frame. Run again, it converts only what is new or changed.
"""

import argparse
import concurrent.futures
import contextlib
import functools
import hashlib
import math
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hps_tf import command
from hps_tf.body import default_body
from hps_tf.data import (
    clip_splits,
    conversion_plan,
    joint_maps,
    motion_manifest,
    motion_records,
    source_files,
)
from hps_tf.data.conversion import Converter
from hps_tf.data.conversion_plan import Job, PlanSettings
from hps_tf.data.motion import MotionClip
from hps_tf.data.rest_skeleton import RestSkeleton
from hps_tf.errors import InputError

# Starting a process takes as long as converting so many clips.
_CLIPS_PER_PROCESS = 16

#: A converted file: its clip, if any is worth keeping, and its entry in the manifest.
Outcome = tuple[MotionClip | None, dict[str, Any]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command with the given arguments, by default those of the process."""
    args = _parse(arguments)
    settings = _settings(args)
    jobs = conversion_plan.make(args.input, _plan_settings(args))
    outcomes = _read_done(args.output, settings, jobs)
    todo = {job.path: job for job in jobs if job.name not in outcomes}
    if not todo and len(jobs) == len(_read_entries(args.output)):
        print(f"{args.output}: all {len(jobs)} clips are prepared already")
        return
    joint_map = (
        joint_maps.read(args.mapping.read_bytes(), str(args.mapping)) if args.mapping else None
    )
    rest = RestSkeleton.from_body(default_body.read(3000))
    convert = functools.partial(
        _convert, Converter(args.fps, rest, joint_map), skip_bad=args.skip_bad
    )
    with _replacing_directory(args.output) as directory:
        for name, outcome in _run(convert, args, todo):
            outcomes[name] = outcome
        manifest = _write(directory, settings, args.fps, [outcomes[job.name] for job in jobs])
    _report(args.output, manifest)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools.prepare_mocap",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--input", type=Path, required=True, help="directory or tar archive (.tar, .tar.xz, ...)")
    add("--format", choices=sorted(conversion_plan.SUFFIXES), required=True)
    add("--output", type=Path, required=True, help="directory to write, new or prepared before")
    add("--fps", type=float, default=30.0, help="rate of the prepared clips (default 30)")
    add("--splits", type=Path, help="CSV with columns clip, subject, split and optionally fps")
    add(
        "--default_split",
        help="split of subjects that --splits does not list (without --splits: all)",
    )
    add(
        "--mapping",
        type=Path,
        help='JSON from the joints of another skeleton to ours, e.g. {"Hips": "pelvis", ...}',
    )
    add(
        "--fallback_asf",
        metavar="SUBJECT",
        help="whose .asf serves subjects without their own;"
        " CMU's share all axes, only bone lengths are not theirs",
    )
    add(
        "--source_fps",
        action="append",
        default=[],
        metavar="CLIPS=FPS",
        help="rate some clips"
        " were captured at, where the file does not tell or is wrong, e.g. '60_*=60'; before the"
        " fps column of --splits, before the file (AMC: 120)",
    )
    add("--skip_bad", action="store_true", help="report files that are wrong and go on")
    add("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)")
    return parser.parse_args(arguments)


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    """Returns what decides the output beside the input, as the manifest keeps it."""
    if not 1 <= args.fps <= 10_000:
        raise InputError(f"--fps: expected from 1 to 10000, received {args.fps:g}")
    if args.workers < 1:
        raise InputError(f"--workers: expected at least 1, received {args.workers}")

    def checksum(path: Path | None) -> str | None:
        return None if path is None else hashlib.sha256(path.read_bytes()).hexdigest()

    return {
        "format": args.format,
        "fps": args.fps,
        "splits": checksum(args.splits),
        "default_split": args.default_split,
        "mapping": checksum(args.mapping),
        "fallback_asf": args.fallback_asf,
        "source_fps": args.source_fps,
    }


def _plan_settings(args: argparse.Namespace) -> PlanSettings:
    table = clip_splits.EMPTY
    if args.splits:
        table = clip_splits.read(args.splits.read_bytes(), str(args.splits))
    default_split = args.default_split or (None if args.splits else "all")
    if default_split is not None:
        clip_splits.check_split_name(default_split, "--default_split")
    source_fps = []
    for text in args.source_fps:
        pattern, _, fps = text.rpartition("=")
        if not pattern:
            raise InputError(f"--source_fps: expected CLIPS=FPS such as 60_*=60, received {text!r}")
        source_fps.append((pattern, clip_splits.parse_fps(fps, f"--source_fps {text}")))
    return PlanSettings(args.format, table, default_split, args.fallback_asf, source_fps)


def _read_entries(output: Path) -> list[dict[str, Any]]:
    """Returns what an earlier run says of its clips; nothing if there was none."""
    if output.is_dir() and any(output.iterdir()):
        return motion_manifest.read(output)["clips"]
    return []


def _read_done(
    output: Path, settings: Mapping[str, Any], jobs: Sequence[Job]
) -> dict[str, Outcome]:
    """Returns what an earlier run made of the same files, by clip."""
    if output.exists() and not output.is_dir():
        raise InputError(f"{output}: expected a directory to write, received a file")
    entries = {entry["name"]: entry for entry in _read_entries(output)}
    if not entries:
        return {}
    before = motion_manifest.read(output)
    for name, value in settings.items():
        if before["settings"].get(name) != value:
            raise InputError(
                f"{output}: expected motion prepared with the same {name}, received"
                f" {before['settings'].get(name)!r} there and {value!r} now; choose another"
                " --output or remove this one"
            )
    clips = {
        clip.name: clip
        for split in before["splits"]
        for clip in motion_records.read_clips(output, split)
    }
    return {
        job.name: (clips.get(job.name), entries[job.name])
        for job in jobs
        if job.name in entries
        and entries[job.name]["sources"] == job.checksums
        and entries[job.name]["frames"] is not None
    }


def _run(
    convert: Callable[[Job, bytes], Outcome], args: argparse.Namespace, todo: Mapping[str, Job]
) -> Iterator[tuple[str, Outcome]]:
    """Reads and converts the files to do, in parallel, and shows the progress."""
    files = (
        (todo[file.path], file.data)
        for file in source_files.read_all(args.input, lambda path: path in todo)
    )
    processes = min(args.workers, math.ceil(len(todo) / _CLIPS_PER_PROCESS))
    interval = 0.2 if sys.stderr.isatty() else 10.0  # a log needs fewer lines than a terminal
    with tqdm(total=len(todo), unit="clip", delay=1, mininterval=interval) as progress:
        for job, outcome in _map(convert, files, processes):
            progress.update()
            yield job.name, outcome


def _map(
    convert: Callable[[Job, bytes], Outcome], files: Iterator[tuple[Job, bytes]], processes: int
) -> Iterator[tuple[Job, Outcome]]:
    """Converts in order, with few files in memory at once."""
    if processes <= 1:
        for job, data in files:
            yield job, convert(job, data)
        return
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(processes, context) as pool:
        pending: deque[tuple[Job, concurrent.futures.Future[Outcome]]] = deque()
        try:
            for job, data in files:
                pending.append((job, pool.submit(convert, job, data)))
                if len(pending) > 2 * processes:
                    first, future = pending.popleft()
                    yield first, future.result()
            for first, future in pending:
                yield first, future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _convert(converter: Converter, job: Job, data: bytes, skip_bad: bool) -> Outcome:
    try:
        clip, count = converter.convert(job, data)
    except InputError as error:
        if not skip_bad:
            raise
        return None, motion_manifest.entry(job, None, str(error))
    reason = None
    if clip is None:
        reason = "a calibration still" if count.still else "a joint jumps in every frame"
    return clip, motion_manifest.entry(job, count, reason)


def _write(
    directory: Path, settings: Mapping[str, Any], fps: float, outcomes: Sequence[Outcome]
) -> motion_manifest.Manifest:
    clips = [clip for clip, _ in outcomes if clip is not None]
    if not clips:
        reasons = "; ".join(f"{entry['name']}: {entry['dropped']}" for _, entry in outcomes[:3])
        raise InputError(f"expected at least one usable clip, received none ({reasons})")
    for split in sorted({clip.split for clip in clips}):
        motion_records.write_shards(directory, split, [c for c in clips if c.split == split])
    manifest = motion_manifest.build(settings, fps, [entry for _, entry in outcomes])
    motion_manifest.write(directory, manifest)
    return manifest


@contextlib.contextmanager
def _replacing_directory(output: Path) -> Iterator[Path]:
    """Yields a directory beside `output` that takes its place when the block succeeds."""
    output = output.absolute()
    output.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        content = temporary / "new"
        content.mkdir()
        yield content
        if output.exists():
            output.rename(temporary / "old")
        content.rename(output)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _report(output: Path, manifest: motion_manifest.Manifest) -> None:
    dropped = [clip for clip in manifest["clips"] if clip["dropped"] is not None]
    for clip in dropped:
        print(f"dropped {clip['name']}: {clip['dropped']}")
    print(f"{'split':<10}{'subjects':>10}{'clips':>10}{'frames':>10}{'minutes':>10}")
    for split, sums in manifest["splits"].items():
        print(
            f"{split:<10}{len(sums['subjects']):>10}{sums['clips']:>10}{sums['frames']:>10}"
            f"{sums['seconds'] / 60:>10.1f}"
        )
    frames = manifest["frames"]
    print(
        f"source frames {frames['source']}: {frames['written']} written, {frames['between']}"
        f" between those, {frames['jumps']} with jumps, {frames['added_pose']} added T-poses,"
        f" {frames['still']} in stills"
    )
    print(f"{output}: written, with {motion_manifest.FILE_NAME}")


if __name__ == "__main__":
    command.run(main, "tools.prepare_mocap")
