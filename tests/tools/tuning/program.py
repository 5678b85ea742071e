"""Stands in for `trainers.train`: no TensorFlow, a known loss, failures on demand.

The loss is (x - 0.3)² + 1 / (1 + step); x and how it fails are settings of the config.
"""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path


def main():
    parser = argparse.ArgumentParser()
    for name in ("config", "workdir"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--until", type=int)
    args = parser.parse_args()
    config = json.loads(args.config.read_text())
    args.workdir.mkdir(exist_ok=True)
    log = args.workdir / "log.jsonl"
    with (args.workdir / "starts").open("a") as starts:
        starts.write(f"{os.getpid()} until {args.until}\n")
    is_first = len((args.workdir / "starts").read_text().splitlines()) == 1
    print("what a training prints", flush=True)
    if config["fails"] == "bad input":
        print("trainers.train: error: config.data.path: no such directory", file=sys.stderr)
        sys.exit(2)
    if config["fails"] == "diverges":
        print("trainers.train: error: the loss became NaN", file=sys.stderr)
        sys.exit(1)
    steps = (
        [json.loads(line)["step"] for line in log.read_text().splitlines()] if log.exists() else []
    )
    first = max(steps, default=-config["validate_every"]) + config["validate_every"]
    for step in range(first, args.until + 1, config["validate_every"]):
        if config["fails"] == "waits" and is_first and step > 0:
            time.sleep(60)
        with log.open("a") as file:
            loss = (config["x"] - 0.3) ** 2 + 1 / (1 + step)
            file.write(json.dumps({"step": step, "loss": 9.0}) + "\n")
            record = {"step": step, "validation/loss": loss, "validation/gain": -loss}
            file.write(json.dumps(record) + "\n")
        if config["fails"] == "always" or (config["fails"] == "once" and is_first):
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
