r"""Fits bodies to people of whom keypoints, and perhaps maps of body parts, were detected.

    hps fit --keypoints people.json --image_dir images --output fits
    hps fit --keypoints densepose.json --parts densepose.json --output fits
    hps fit --keypoints openpose_frames/ --video --output fits
    hps fit --keypoints people.npz --body SMPL_NEUTRAL.npz --prior runs/mine/prior.npz \
        --output fits

Writes to the output:

    result.npz      pose (N,24,3) axis-angle, shape (N,S), translation (N,3) metres, joints_3d
                    (N,24,3) in the camera's frame (OpenCV: x right, y down, z forward), joints_2d
                    pixels, loss, prior_nll, converged, joint_std (N,24) metres, how far each joint,
                    seen from the pelvis, may be off, doubtful, person_ids, frames, image_names, ...
    meshes/*.glb    a body per person; in a video, up to 50 frames of each
    overlays/*.png  every image with its people: a detected keypoint is a ring, the fitted one a
                    dot; what is unsure is paler
    summary.json    counts, residuals, settings, who was skipped for which reason, which bodies are
                    doubtful (fewer than half of the keypoints, large residuals, unsure joints, a
                    fit that has not settled), and of a video which frames are missing

Keypoints with scores other than 0 and 1 come from a detector: errors of single keypoints saturate,
and the prior counts more. Labelled keypoints are followed more closely.

People who cannot be fitted (nothing visible, fewer than 4 keypoints, a box outside the image, a
part map of another size) are skipped and reported. The same command resumes where it was
stopped.
"""

import argparse
from collections.abc import Sequence

from hps_tf.cli import command, environment, options
from hps_tf.data.keypoints import keypoint_layouts
from hps_tf.errors import InputError


def main(arguments: Sequence[str] | None = None, program: str = "hps fit") -> None:
    """Runs the command.

    Args:
      arguments: The arguments; those of the process by default.
      program: How the user called it; begins its messages.
    """
    args = _parse(arguments, program)
    for path in args.keypoints:
        if not path.exists():
            raise InputError(f"--keypoints {path}: expected a file or directory, received none")
    environment.import_tensorflow()
    from hps_tf.cli.fitting import program as fitting

    fitting.run(args)


def _parse(arguments: Sequence[str] | None, program: str) -> argparse.Namespace:
    parser = command.parser(program, __doc__)
    add = parser.add_argument
    add(
        "--keypoints",
        type=command.path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="results of COCO (annotations or results), OpenPose, AlphaPose, MediaPipe, MoveNet,"
        " MMPose, ViTPose, Detectron2 or YOLO: JSON, YOLO's .txt labels, MoveNet's .npy,"
        " Detectron2's .pth, files or directories of them; or .npz with an array keypoints"
        " (N, 17 or 24, 2 or 3) and, if you like, confidence, person_ids, image_names, image_sizes,"
        " intrinsics, boxes. The content decides the format",
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
        "--image_size",
        type=command.at_least(1),
        nargs=2,
        metavar=("HEIGHT", "WIDTH"),
        help="of images whose size neither a photograph nor the keypoint file states;"
        " MediaPipe, MoveNet and YOLO's labels give keypoints as fractions of it",
    )
    add(
        "--keypoint_set",
        choices=sorted(keypoint_layouts.OF_25),
        help="the layout of OpenPose's 25 keypoints; by default the one that they suit",
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
        " one shape per person. Where a person is missing in a frame or more, each side is fitted"
        " by itself; the images' numbers show which frames the file leaves out. Identities are from"
        " track_id (COCO), idx (AlphaPose), person_id (OpenPose) or person_ids (.npz); they are"
        " not needed with one person per frame",
    )
    add(
        "--prior",
        type=command.name_or_path,
        default=options.DEFAULT_PRIOR,
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
