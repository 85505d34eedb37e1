"""The graph as a part: the embedded server, or one that runs elsewhere and only has to answer."""

from __future__ import annotations

from fathom.control.part import PartStatus
from fathom.settings import Settings


class GraphPart:
    """The graph server of the deployment."""

    name = "graph"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def start(self) -> str:
        """stub until fathom/graph/embedded.py lands."""
        return "running"

    def stop(self) -> bool:
        """stub."""
        return False

    def status(self) -> PartStatus:
        """stub."""
        return PartStatus(name=self.name, state="stopped")
