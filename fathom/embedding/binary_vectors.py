"""Vectors by the signs of their numbers: what is left of a direction when little room is, and remembered when it was seen."""

from __future__ import annotations

from collections.abc import Sequence

from fathom.embedding.embedder import Embedder

MOST = 20_000  # texts whose signs are remembered, some 4 MB
MOST_READY = 1_000  # vectors that were made for their signs and are not wanted yet, some 12 MB


def bits_of(vector: Sequence[float]) -> bytes:
    """The signs of a vector, eight of its numbers a byte."""
    import numpy as np

    return np.packbits(np.asarray(vector) > 0).tobytes()


class SigningEmbedder:
    """Embeds as the embedder it holds does, and knows the signs of what it embedded: names are compared when all is written."""

    def __init__(self, inner: Embedder) -> None:
        self.name = inner.name
        self.dimension = inner.dimension
        self._inner = inner
        self._known: dict[str, bytes] = {}
        self._ready: dict[str, list[float]] = {}

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector a text, in order, of length one."""
        ready = {text: self._ready.pop(text) for text in {*texts} if text in self._ready}
        rest = [text for text in texts if text not in ready]
        made = iter(self._embedded(rest) if rest else ())
        return [ready[text] if text in ready else next(made) for text in texts]

    def signs(self, texts: Sequence[str]) -> list[bytes]:
        """The signs of each text's vector, in order; whoever wants the vectors next has them at once."""
        known = dict(self._known)
        if fresh := [text for text in dict.fromkeys(texts) if text not in known]:
            vectors = self._embedded(fresh)
            known |= {text: bits_of(vector) for text, vector in zip(fresh, vectors, strict=True)}
            self._ready = dict(zip(fresh[:MOST_READY], vectors, strict=False))
        return [known[text] for text in texts]

    def _embedded(self, texts: Sequence[str]) -> list[list[float]]:
        vectors = self._inner.embed(texts)
        if len(self._known) + len(texts) > MOST:
            self._known.clear()
        self._known |= {text: bits_of(vector) for text, vector in zip(texts, vectors, strict=True)}
        return vectors
