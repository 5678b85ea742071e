"""Trains the staged network and keeps it without pictures."""

from pathlib import Path

from trainers.tasks.network import NetworkTask


class BareNetworkTask(NetworkTask):
    """The network, of which only weights and figures are wanted, as of one among many.

    What `NetworkTask` delivers a network with (pictures, a SavedModel) is left out; and so are the
    figures where what is found in images is kept, for it would have to be found in them once more.
    """

    def _figures(self) -> dict[str, dict[str, float]]:
        return {} if self._config.views else super()._figures()

    def _deliver(self, workdir: Path) -> None:
        """Draws and exports nothing."""
