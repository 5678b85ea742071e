"""A model server and a client of it, which end together: `hps predict` and what it asks.

    python -m tools.soak.serving SERVED/photo photographs/*.png --output answers

The server, that of `tests.serving`, starts for the client; a signal to their process group ends
both. The exit code is the client's. It runs in a checkout of the repository.
"""

import subprocess
import sys

from hps_tf.cli import command


def main() -> None:
    """Starts the server, asks it, and ends it."""
    parser = command.parser("tools.soak.serving", __doc__)
    add = parser.add_argument
    add("model", type=command.path, metavar="DIR", help="the versions of the served model")
    add("photographs", nargs="+", metavar="IMAGE", help="photographs to ask it about")
    add("--output", type=command.path, required=True, metavar="DIR", help="for the answers")
    arguments = parser.parse_args()
    from tools.benchmark import serving_load

    name = arguments.model.name
    predict = [sys.executable, "-m", "hps_tf", "predict", "--model", name]
    with serving_load.server(name, arguments.model) as server:
        asked = [*arguments.photographs, "--server", server.address]
        client = subprocess.run([*predict, *asked, "--output", str(arguments.output)], check=False)
    sys.exit(client.returncode)


if __name__ == "__main__":
    command.run(main, "tools.soak.serving")
