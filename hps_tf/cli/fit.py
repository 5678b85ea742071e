r"""Fits bodies to people of whom keypoints, and perhaps maps of body parts, were detected.

    python -m tools.fit --keypoints people.json --image_dir images --output fits
    python -m tools.fit --keypoints densepose.json --parts densepose.json --output fits
    python -m tools.fit --keypoints openpose_frames/ --video --output fits
    python -m tools.fit --keypoints people.npz --body SMPL_NEUTRAL.npz --prior runs/mine/prior.npz \
        --output fits

Writes to the output:

    result.npz      pose (N,24,3) axis-angle, shape (N,S), translation (N,3) metres, joints_3d
                    (N,24,3) in the camera's frame (OpenCV: x right, y down, z forward), joints_2d
                    pixels, loss, prior_nll, converged, person_ids, frames, image_names, ...
    meshes/*.glb    a body a person; in a video, up to 50 frames of each
    overlays/*.png  every image with its people: a detected keypoint is a ring, the fitted one a dot
    summary.json    counts, residuals, settings, who was skipped for which reason, and of a video
                    which frames are missing

People who cannot be fitted (nothing visible, fewer than 4 keypoints, a box outside the image, a
part map of another size) are skipped and reported. Run again, the command goes on where it was
stopped.
"""

import argparse
import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from hps_tf.body import BodyModel
from hps_tf.cli import command, progress
from hps_tf.cli.fitting import batches, report, solver
from hps_tf.cli.fitting.batches import Batch
from hps_tf.cli.fitting.pictures import Pictures
from hps_tf.cli.fitting.solver import Model
from hps_tf.cli.fitting.workspace import Fitted, Workspace
from hps_tf.data.images.photographs import Photograph
from hps_tf.data.keypoints import subjects
from hps_tf.fitting import Evidence, FitResult
from hps_tf.fitting.fit import DEFAULT_PRIOR
from hps_tf.fitting.fitter import Progress
from hps_tf.fitting.result import concatenate
from hps_tf.io import directory_lock


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command with the given arguments, by default those of the process."""
    args = _parse(arguments)
    model = solver.load_model(args.body, args.prior)
    found = subjects.gather(
        args.keypoints,
        parts=args.parts,
        image_dir=args.image_dir,
        intrinsics=args.intrinsics,
        is_video=args.video,
    )
    work = batches.of_video(found.subjects) if args.video else batches.of_images(found.subjects)
    has_maps = any(subject.part_map is not None for subject in found.subjects)
    seen = [batches.evidence(batch, found.keypoint_set, has_maps) for batch in work]
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
    not_read = _write(workspace, everybody, result, model.body, found.photographs, args.video)
    for line in report.lines_of_skipped([], not_read):
        print(line)
    not_found = found.not_found + not_read
    summary = report.summary(settings, everybody, result, found.skipped, not_found, seconds)
    workspace.finish(summary)
    print(report.table(summary))
    print(f"{args.output}: written")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools.fit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--keypoints",
        type=command.path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="COCO's JSON (annotations or a list of results), OpenPose's JSON (BODY_25 or COCO-18;"
        " files, or a directory of them) or .npz with an array keypoints (N, 17 or 24, 2 or 3) and,"
        " if you like, confidence, person_ids, image_names, image_sizes, intrinsics, boxes",
    )
    add("--output", type=command.path, required=True, metavar="DIR", help="directory to write")
    add(
        "--parts",
        type=command.path,
        metavar="PATH",
        help="maps of the 14 body parts: a directory of PNGs with labels 0 to 14, PERSON_ID.png or,"
        " where a person is alone, IMAGE.png, as large as the image or the person's box; or JSON"
        " with DensePose's dp_masks, which may be the --keypoints file. People without a map are"
        " fitted to their keypoints",
    )
    add(
        "--image_dir",
        type=command.path,
        metavar="DIR",
        help="photographs for the overlays (white without, or where one is missing); they are found"
        " by file_name, by COCO's naming of image_id, or by the names of OpenPose's files",
    )
    add(
        "--intrinsics",
        type=command.path,
        metavar="FILE",
        help='JSON {"fx", "fy", "cx", "cy"} or a 3 x 3 matrix, pixels, or an object of those by'
        " file_name. By default the focal length is the image's diagonal in pixels and the"
        " principal point its middle",
    )
    add(
        "--video",
        action="store_true",
        help="the images are frames in order: fit each person in windows of 16, smoothly and with"
        " one shape. Where a person is missing in a frame or more, each side is fitted by itself;"
        " the images' numbers tell of frames that the file leaves out. Who is who is told by"
        " track_id (COCO), idx (AlphaPose), person_id (OpenPose) or person_ids (.npz), and need not"
        " be told of one person",
    )
    add(
        "--prior",
        type=command.name_or_path,
        default=DEFAULT_PRIOR,
        metavar="NAME|FILE",
        help="a pretrained flow (see hps_tf.priors.list_pretrained) or the prior.npz of a training"
        " run (%(default)s)",
    )
    add(
        "--body",
        type=command.path,
        metavar="FILE",
        help="a body model file of yours, as hps_tf.body.load reads it: SMPL, SMPL-H, SMPL-X, GHUM."
        " By default the embedded body",
    )
    return parser.parse_args(arguments)


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
    body: BodyModel,
    images: Mapping[int, Photograph],
    is_video: bool,
) -> list[str]:
    """Writes the arrays, the meshes and the overlays; returns what photographs are damaged."""
    people = [subject.person for subject in everybody.subjects]
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
    )
    pictures = Pictures(workspace, body, everybody, result)
    with progress.bar(None, "mesh", "writing meshes") as bar:
        for _ in pictures.meshes(is_video):
            bar.update()
    with progress.bar(len({person.image.frame for person in people}), "image", "drawing") as bar:
        for _ in pictures.overlays(images):
            bar.update()
    return pictures.not_read


if __name__ == "__main__":
    command.run(main, "tools.fit")
