"""Trains the staged network and keeps it without pictures."""

from pathlib import Path

from trainers.tasks.network import NetworkTask


class BareNetworkTask(NetworkTask):
    """The network, of which only weights and figures are wanted, as of one among many.

    What `NetworkTask` delivers a network with (pictures, a SavedModel) is left out.
    """

    def _deliver(self, workdir: Path) -> None:
        """Draws and exports nothing."""
