"""Prepares Human3.6M: the work of `tools.prepare_human36m`."""

import argparse
import hashlib
from typing import Any

from tqdm import tqdm

from hps_tf.cli import progress
from hps_tf.data.datasets.human36m import index_list, metadata
from hps_tf.data.datasets.human36m.adapter import Human36M
from hps_tf.data.datasets.human36m.recordings import SPLITS
from hps_tf.data.datasets.preparation import prepare
from hps_tf.data.images import image_manifest, lens
from tools import joint_fitter


def run(args: argparse.Namespace) -> None:
    """Prepares what the arguments of `tools.prepare_human36m` say.

    Raises:
      InputError: If something of the input cannot be used.
    """
    content = args.metadata.read_bytes()
    cameras = metadata.read(content, str(args.metadata))
    listed = args.index_list.read_bytes() if args.index_list else None
    with progress.bar(None, "frame") as shown:
        adapter = Human36M(
            args.input,
            cameras,
            joint_fitter.ShownFitter("h36m17"),
            args.image_size,
            images=args.images,
            every=args.every,
            index=None
            if listed is None
            else (index_list.read(listed, str(args.index_list)), str(args.index_list)),
            skip_bad=args.skip_bad,
            listed=lambda found: tqdm(found, unit="recording", delay=10.0, leave=False),
            skipped=shown.update,
        )
        shown.total = sum(take.num_images for take in adapter.takes)
        manifest = prepare(
            adapter,
            args.output,
            settings=_settings(args, content, listed),
            max_processes=args.workers,
            finished=lambda view: shown.update(len(view.frames)),
        )
    remedy = "; ".join(f"{split} is of {', '.join(who)}" for split, who in SPLITS.items())
    print(image_manifest.table(manifest, list(SPLITS), remedy))
    print(f"{args.output}: written, with {image_manifest.MANIFEST}")


def _settings(args: argparse.Namespace, content: bytes, listed: bytes | None) -> dict[str, Any]:
    """Returns what decides the output beside the recordings, as the manifest keeps it."""
    return {
        "format": "human36m",
        "metadata": hashlib.sha256(content).hexdigest(),
        "images": "extracted" if args.images else "video",
        "every": None if listed else args.every,
        "index_list": hashlib.sha256(listed).hexdigest() if listed else None,
        "margin": lens.MARGIN,
        "prior": joint_fitter.PRIOR,
    }
