"""Says what an embedder does, and opens the one of a deployment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fathom.settings import Settings


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """Model and version, as the ledger keeps it."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector a text, in order, of length one."""
        ...


def open_embedder(settings: Settings) -> Embedder:
    """Returns the deployment's embedder, the same for a whole process; its weights are loaded when it is first asked."""
    from fathom.embedding.minilm import minilm

    return minilm()
