"""Binarizes embeddings: a sign bit per dimension, for fast Hamming distances (sign quantization)."""

from __future__ import annotations

from collections.abc import Sequence

from fathom.embedding.embedder import Embedder

MAX_KNOWN = 20_000  # texts whose sign bits are cached, some 4 MB
MAX_READY = 1_000  # vectors made by `sign_bits` and kept for `embed`, some 12 MB


def binarize(vector: Sequence[float]) -> bytes:
    """Returns the sign bits of a vector, eight dimensions a byte."""
    import numpy as np

    return np.packbits(np.asarray(vector) > 0).tobytes()


class BinarizingEmbedder:
    """Embeds as its inner embedder does and caches the sign bits of each text, for candidate search after writing."""

    def __init__(self, inner: Embedder) -> None:
        self.name = inner.name
        self.dimension = inner.dimension
        self._inner = inner
        self._known: dict[str, bytes] = {}
        self._ready: dict[str, list[float]] = {}

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Returns a unit vector for each text, in order."""
        ready = {text: self._ready.pop(text) for text in {*texts} if text in self._ready}
        rest = [text for text in texts if text not in ready]
        made = iter(self._embedded(rest) if rest else ())
        return [ready[text] if text in ready else next(made) for text in texts]

    def sign_bits(self, texts: Sequence[str]) -> list[bytes]:
        """Returns the sign bits of each text's vector, in order; the vectors made for it are kept for the next `embed`."""
        known = dict(self._known)
        if fresh := [text for text in dict.fromkeys(texts) if text not in known]:
            vectors = self._embedded(fresh)
            known |= {text: binarize(vector) for text, vector in zip(fresh, vectors, strict=True)}
            self._ready = dict(zip(fresh[:MAX_READY], vectors, strict=False))
        return [known[text] for text in texts]

    def _embedded(self, texts: Sequence[str]) -> list[list[float]]:
        vectors = self._inner.embed(texts)
        if len(self._known) + len(texts) > MAX_KNOWN:
            self._known.clear()
        self._known |= {text: binarize(vector) for text, vector in zip(texts, vectors, strict=True)}
        return vectors
