"""The parsers of `hps evaluate`, without the modules that compute."""

import argparse
from typing import Any

from hps_tf.cli import command, detector_option, options

_PRIOR = """Measures a pose prior on held-out poses, beside the Gaussian and the mixture stored
with it.

Every density sees the same vectors with the same draw of the prior's dequantisation noise. The
references are those fitted to the prior's own training data, never refitted to the data at hand.
"""

_ENERGY = """Measures how well the energy of a prior separates recorded poses from corrupted ones.

For every split, the share of pairs of a recorded pose and one that was corrupted
(hps_tf.data.mocap.pose_corruption) in which the recorded one has the lower energy: 0.5 is chance,
1 is perfect. For an auto-encoder also its reconstruction errors, and the quality of its samples:
they and the held-out poses carry the noise that the flows' samples carry, so that both compare.
"""

_NETWORK = """Measures a network on prepared images that it was not trained on.

Errors are means over the images that have the label: MPJPE and PA-MPJPE of Human3.6M's 17 joints
and MPVPE of the body's vertices in mm, the pelvis fixed; the distance of the body's keypoints and
of the detected ones in pixels of the network's input; the overlap (IoU) of the rendered body's
parts and of the network's part maps; in videos the acceleration error of the joints.

With --refine and --video further rows are those of bodies fitted to what the network itself
detected, initialised with what it predicted (Zanfir et al. 2020, Table 3): ka to its keypoints by
their confidence, ka+ba to its part maps as well, video to the keypoints of several frames at once,
smoothly.

With --labelled the keypoints, the part maps or both are made of the labels, as if the network had
found them: what the errors of that module cost.
"""

_LIFTING = """Measures a lifting network on people whose motion was recorded and who were not
trained on.

Their poses are those of prepared motion capture, equally many per clip; their shapes, places and
cameras are those of tools.reproduce. They are lifted from 17 COCO keypoints: exact, with normal
noise and some missing, and with the errors of detectors, which is what networks are trained on.
MPJPE and PA-MPJPE of 24 joints in mm, the pelvis fixed, with 95 % intervals by a bootstrap over
clips; and how often errors are within one predicted standard deviation (.683 would be right).
"""

_DETECTION = """Measures a detector of people on photographs with COCO's annotations of keypoints.

AP and AR are COCO's, of keypoints, over thresholds of OKS from 0.5 to 0.95 (pycocotools, from the
extra coco). The recall is the share of people with at least 5 labelled keypoints to whom somebody
found was assigned at an OKS of 0.5 or more, among the 20 likeliest of the image.

With --hard the pictures are rendered with a fixed seed: people turned, small, cut off, hidden, in
the dark and more (hps_tf.evaluation.hard_scenes), and recall is printed per picture.
"""

_KEYPOINTS = """Measures a detector's keypoints on rendered people, whose keypoints are known
exactly.

Each image is taken as the detector's view of its one person. Where a detector sees a landmark is
not quite where the body model has it: the systematic part is a point's displacement in the frame
of a joint, by least squares over all people, trimmed. What then remains is given by keypoint and by
the detector's confidence, as a share of the longer side of the box about the true keypoints. These
are the figures that hps_tf.data.keypoint_noise.movenet_noise draws its errors by.
"""


def add(subparsers: Any) -> None:
    """Adds a parser per evaluation; its name is that of the module with its `evaluate`."""

    def parser(name: str, text: str, description: str, *parents: argparse.ArgumentParser):
        return subparsers.add_parser(
            name,
            help=text,
            description=description,
            parents=parents,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    motion, json = options.motion(), options.json()
    parser("prior", "likelihood and samples of a pose prior", _PRIOR, options.prior(), motion, json)
    text = "how a prior's energy separates recorded poses from corrupted ones"
    parser("energy", text, _ENERGY, options.prior(), motion, json)
    text = "errors of a network's bodies, keypoints and part maps"
    images = options.images(split="test")
    _add_network(parser("network", text, _NETWORK, options.network(), images, json))
    text = "errors of people lifted from keypoints"
    lifting = parser("lifting", text, _LIFTING, options.lifting(), motion, json)
    lifting.add_argument("--split", default="test", help="(default %(default)s)")
    lifting.add_argument(
        "--people",
        type=command.at_least(1),
        default=300,
        metavar="N",
        help="people to draw from the clips (default %(default)s)",
    )
    text = "how well a detector finds people in photographs"
    _add_detection(parser("detection", text, _DETECTION, _detector(), json))
    text = "errors of a detector's keypoints on rendered people"
    images = options.images(split="train")
    keypoints = parser("keypoints", text, _KEYPOINTS, images, _detector(), json)
    keypoints.add_argument(
        "--max_images", type=command.at_least(1), metavar="N", help="the first N (default: all)"
    )


def _add_network(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--body",
        type=command.name_or_path,
        metavar="FILE",
        help="model file of the network's body, e.g. SMPL's (default: the embedded body)",
    )
    add(
        "--max_images",
        type=command.at_least(1),
        metavar="N",
        help="at most N, spread evenly; with --video, stretches of 64 frames (default: all)",
    )
    add(
        "--refine",
        default="none",
        metavar="HOW[,HOW]",
        help="rows of fitted bodies: none or any of ka, ka+ba (default %(default)s)",
    )
    add(
        "--video",
        default="",
        metavar="T[,T]",
        help="rows of bodies fitted to windows of T frames, e.g. 4,8,16; the data must be videos",
    )
    add(
        "--labelled",
        default="none",
        metavar="WHAT[,WHAT]",
        help="evidence made of the labels: none or any of keypoints, parts (default %(default)s)",
    )
    add("--markdown", type=command.path, metavar="FILE", help="tables to write")


def _add_detection(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--data",
        type=command.path,
        metavar="FILE",
        help="COCO's annotations of keypoints, JSON",
    )
    add("--image_dir", type=command.path, metavar="DIR", help="the photographs")
    add(
        "--hard",
        action="store_true",
        help="twenty rendered pictures in place of photographs, each of which has one difficulty;"
        " also counts who is found in the same pictures without people",
    )
    add("--pictures", type=command.path, metavar="DIR", help="where to keep them")
    add(
        "--fitted",
        action="store_true",
        help="keypoints of the bodies that are fitted to the detector's keypoints, in their place",
    )


def _detector() -> argparse.ArgumentParser:
    """``--detector``, whose value makes the detector."""
    parser = argparse.ArgumentParser(add_help=False)
    detector_option.add(parser)
    return parser
