"""Defines the embedder protocol and opens the deployment's embedder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fathom.settings import Settings


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """Model and version, as stored in the ledger."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Returns a unit vector for each text, in order."""
        ...


def open_embedder(settings: Settings) -> Embedder:
    """Returns the embedder of the process; its weights are loaded at first use."""
    from fathom.embedding.minilm import minilm

    return minilm()
