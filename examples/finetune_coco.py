r"""Fine-tunes a pretrained network on COCO's keypoints, without 3D labels.

    python -m tools.prepare_coco --images train2017 --keypoints person_keypoints_train2017.json \
        --image_size 128 --output data/coco
    python examples/finetune_coco.py --data data/coco --output coco_out

Writes a run directory: network.npz, the network of the best validation, which `hps_tf.models.load`
reads, its figures (summary.json), the course of training (log.jsonl), pictures/, and checkpoints,
from which the same command resumes. Images of `python -m tools.prepare_synthetic` will do in place
of COCO, with --validation_split val.
"""

import argparse
from pathlib import Path

from trainers import train


def finetune(
    data: Path, output: Path, network: str, validation_split: str, steps: int, batch_size: int
) -> None:
    """Trains a network by the weakly supervised loss L_ws on keypoints and body parts."""
    settings = {
        "network.start_from": network,
        "data.synthetic.path": data,
        "data.synthetic.validation_split": validation_split,
        "data.synthetic.labels": "2d",  # Keypoints and, where there are any, body parts.
        "curriculum": "weak",
        "phases.weak.share_of_steps": 1.0,
        "steps": steps,
        "batch_size": batch_size,
        "log_every": min(steps, 50),
        "validate_every": steps,
        "checkpoint_every": min(steps, 500),
        "steps_per_call": min(steps, 10),
        "optimizer.learning_rate": 1e-4,
        "optimizer.warmup_steps": min(steps // 10, 200),
    }
    overrides = [f"--config.{name}={value}" for name, value in settings.items()]
    train.main(["--config=synthetic", f"--workdir={output}", *overrides])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="directory of prepared images")
    parser.add_argument("--output", type=Path, default=Path("coco_out"))
    parser.add_argument("--network", default="synthetic-small", help="a name, or a network.npz")
    parser.add_argument("--validation_split", default="test")
    parser.add_argument("--steps", type=int, default=2_000)
    parser.add_argument("--batch_size", type=int, default=16)
    given = parser.parse_args()
    finetune(
        given.data,
        given.output,
        given.network,
        given.validation_split,
        given.steps,
        given.batch_size,
    )
