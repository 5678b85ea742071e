r"""Runs training, fits, photographs, exports and serving for a long time, and disturbs them.

    python -m tools.soak --minutes 120 --output soak --json soak.json

In every round one program writes into a new directory and is disturbed one to three times: it is
killed (SIGKILL) or stopped (SIGTERM) at a random moment, its disk is full after a random part of
its output, or its output is read-only. A model server is killed or stopped with its client. Then
the same command runs undisturbed. What is checked:

    after each fault  no file is half-written; a full disk and a read-only output end in one line
                      with exit code 2, without a traceback
    at the end        exit code 0, and the results of a run without faults: weights bit by bit,
                      bodies within a millimetre, a served model with its stored answers

As root the outputs lie in a file system in memory, which is resized and mounted read-only; others
get a limit of file sizes and directories without write permission.

Exit code 0: every promise was kept; 1: one was broken, see the lines that begin with FAILED.
"""

import itertools
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hps_tf.cli import command, environment
from hps_tf.io import json_file

if TYPE_CHECKING:
    from tools.soak.rounds import Soak

EXIT_BROKEN = 1


def main() -> None:
    """Runs rounds until the time is over."""
    parser = command.parser("tools.soak", __doc__)
    add = parser.add_argument
    add("--minutes", type=float, default=120.0, help="when to start no further round (%(default)s)")
    add("--output", type=command.path, required=True, metavar="DIR", help="for inputs and outputs")
    add("--only", metavar="NAME", help="the one program to disturb, as the report calls it")
    add("--seed", type=int, default=0, help="of faults and their moments (%(default)s)")
    add("--json", type=command.path, metavar="FILE", help="also write the counts here")
    arguments = parser.parse_args()
    environment.import_quietly()
    from tools.soak import jobs
    from tools.soak.rounds import Soak
    from tools.soak.volume import Volume

    chosen = jobs.prepare(_made(arguments.output))
    if arguments.only:
        chosen = [job for job in chosen if job.name == arguments.only]
        if not chosen:
            parser.error(f"--only: expected the name of a program, received {arguments.only!r}")
    end = time.monotonic() + 60 * arguments.minutes
    # The file system is unmounted, whatever ends the program.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    volume = Volume(arguments.output / "volume")
    soak = Soak(volume, arguments.seed, _say)
    try:
        for job in itertools.cycle(chosen):
            if time.monotonic() > end:
                break
            soak.round(job)
    finally:
        volume.close()
        if arguments.json:
            json_file.write(arguments.json, {"counts": soak.counts, "failures": soak.failures})
    print(report(soak))
    if soak.failures:
        sys.exit(EXIT_BROKEN)
    shutil.rmtree(arguments.output)


def report(soak: "Soak") -> str:
    """Writes the counts as a table, and the broken promises below."""
    from tools.soak.rounds import FAULTS

    columns = ("processes", "rounds", *FAULTS, "equal results", "left behind")
    rows = [["", *columns]]
    rows += [
        [name, *(str(counts[column]) for column in columns)] for name, counts in soak.counts.items()
    ]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join([*lines, *(f"FAILED {line}" for line in soak.failures)])


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory.absolute()


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    command.run(main, "tools.soak")
