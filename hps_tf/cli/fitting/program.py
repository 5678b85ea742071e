"""The work of `hps fit`, after its arguments are read."""

import argparse
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from hps_tf.body import BodyModel
from hps_tf.cli import progress
from hps_tf.cli.fitting import batches, doubt, report, solver
from hps_tf.cli.fitting.batches import Batch
from hps_tf.cli.fitting.pictures import Pictures
from hps_tf.cli.fitting.solver import Model
from hps_tf.cli.fitting.workspace import Fitted, Workspace
from hps_tf.data.keypoints import subjects
from hps_tf.data.keypoints.subjects import Gathered
from hps_tf.fitting import Evidence, FitResult
from hps_tf.fitting.progress import Progress
from hps_tf.fitting.result import concatenate
from hps_tf.io import directory_lock


def run(args: argparse.Namespace) -> None:
    """Fits everybody and writes the output.

    Raises:
      InputError: If the input cannot be used, or the output holds another fit.
    """
    model = solver.load_model(args.body, args.prior)
    found = subjects.gather(
        args.keypoints,
        parts=args.parts,
        image_dir=args.image_dir,
        intrinsics=args.intrinsics,
        image_size=None if args.image_size is None else tuple(args.image_size),
        keypoint_set=args.keypoint_set,
        is_video=args.video,
    )
    work = batches.of_video(found.subjects) if args.video else batches.of_images(found.subjects)
    has_maps = any(subject.part_map is not None for subject in found.subjects)
    seen = [Evidence.of_subjects(batch.subjects, found.keypoint_set, has_maps) for batch in work]
    settings = _settings(args, work, seen)
    with directory_lock.held(args.output, f"--output {args.output}"):
        _fit(args, found, work, seen, model, settings)


def _fit(
    args: argparse.Namespace,
    found: subjects.Gathered,
    work: Sequence[Batch],
    seen: Sequence[Evidence],
    model: Model,
    settings: dict[str, Any],
) -> None:
    workspace = Workspace(args.output, settings)
    for line in report.lines_of_skipped(found.skipped, found.not_found):
        print(line)
    if workspace.is_finished:
        print(f"{args.output}: all {len(found.subjects)} bodies are fitted already")
        return
    result, seconds = _fit_all(workspace, work, seen, model, args.video)
    everybody = batches.join(work)
    people = [subject.person for subject in everybody.subjects]
    doubts = doubt.reasons(
        result,
        np.array([person.keypoints for person in people]),
        np.array([person.is_seen for person in people]),
    )
    not_read = _write(workspace, everybody, result, doubts, model.body, found, args.video)
    for line in report.lines_of_skipped([], not_read):
        print(line)
    not_found = found.not_found + not_read
    summary = report.summary(settings, everybody, result, found.skipped, not_found, seconds, doubts)
    workspace.finish(summary)
    print(report.table(summary))
    print(f"{args.output}: written")


def _settings(
    args: argparse.Namespace, work: Sequence[Batch], seen: Sequence[Evidence]
) -> dict[str, Any]:
    """Returns what decides the output, as the workspace keeps it."""
    digest = hashlib.sha256()
    for batch, evidence in zip(work, seen, strict=True):
        digest.update("\0".join(batch.person_ids).encode())
        digest.update(np.array(batch.moments).tobytes())
        for array in (evidence.keypoints, evidence.confidence, evidence.intrinsics):
            digest.update(array.tobytes())
        if evidence.part_labels is not None and evidence.part_boxes is not None:
            digest.update(evidence.part_labels.tobytes() + evidence.part_boxes.tobytes())
    for path in filter(None, (args.body, Path(args.prior))):
        if path.is_file():
            digest.update(path.read_bytes())
    return {
        "keypoints": [str(path) for path in args.keypoints],
        "parts": None if args.parts is None else str(args.parts),
        "image_dir": None if args.image_dir is None else str(args.image_dir),
        "intrinsics": None if args.intrinsics is None else str(args.intrinsics),
        "video": args.video,
        "prior": args.prior,
        "body": None if args.body is None else str(args.body),
        "input sha256": digest.hexdigest(),
    }


def _fit_all(
    workspace: Workspace,
    work: Sequence[Batch],
    seen: Sequence[Evidence],
    model: Model,
    is_video: bool,
) -> tuple[FitResult, float]:
    """Fits the batches that are not done, and shows the progress."""
    done = [workspace.load(index) for index in range(len(seen))]
    num_done = sum(len(fitted.result) for fitted in done if fitted is not None)
    unit = "frame" if is_video else "person"
    with progress.bar(
        sum(map(len, seen)), unit, "compiling, then fitting", initial=num_done
    ) as bar:
        for index, evidence in enumerate(seen):
            if done[index] is not None:
                continue
            begun, before = time.monotonic(), bar.n
            advance = _advance(bar, len(evidence))
            if is_video:
                result = solver.fit_video(evidence, model, advance, work[index].moments)
            else:
                result = solver.fit_images(evidence, model, advance)
            fitted = Fitted(result, time.monotonic() - begun)
            workspace.save(index, fitted)
            done[index] = fitted
            bar.update(before + len(evidence) - bar.n)
    everything = [fitted for fitted in done if fitted is not None]
    return concatenate([f.result for f in everything]), sum(f.seconds for f in everything)


def _advance(bar: tqdm, size: int) -> Progress:
    """Makes the callback that moves a bar with a batch; its last person counts when all is done."""
    before = bar.n

    def advance(ended: int, total: int) -> None:
        bar.set_description("fitting", refresh=False)
        bar.update(max(0, before + (size - 1) * ended // total - bar.n))

    return advance


def _write(
    workspace: Workspace,
    everybody: Batch,
    result: FitResult,
    doubts: Sequence[Sequence[str]],
    body: BodyModel,
    found: Gathered,
    is_video: bool,
) -> list[str]:
    """Writes the arrays, the meshes and the overlays; returns what photographs are damaged."""
    people = [subject.person for subject in everybody.subjects]
    is_doubtful = np.array([bool(reasons) for reasons in doubts])
    result.save(
        workspace.directory / "result.npz",
        joints_2d=result.keypoints_2d,
        person_ids=np.array(everybody.person_ids),
        frames=np.array([person.image.frame for person in people]),
        image_names=np.array([person.image.names[0] for person in people]),
        image_sizes=np.array([person.image.size for person in people]),
        intrinsics=np.array([person.intrinsics for person in people], np.float32),
        keypoints=np.array([person.keypoints for person in people], np.float32),
        confidence=np.array([person.confidence for person in people], np.float32),
        doubtful=is_doubtful,
    )
    pictures = Pictures(workspace, body, everybody, result, is_doubtful, found.keypoint_set)
    with progress.bar(None, "mesh", "writing meshes") as bar:
        for _ in pictures.meshes(is_video):
            bar.update()
    with progress.bar(len({person.image.frame for person in people}), "image", "drawing") as bar:
        for _ in pictures.overlays(found.photographs):
            bar.update()
    return pictures.not_read
