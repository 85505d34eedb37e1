"""Adapts an embedder, a ranking and a language model to Graphiti's interfaces, all without network.

Imports graphiti_core: import this module only when it is needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from graphiti_core.cross_encoder.client import CrossEncoderClient
from graphiti_core.embedder.client import EmbedderClient
from graphiti_core.llm_client.client import LLMClient

from fathom.embedding.embedder import Embedder
from fathom.errors import UsageWrong


class GraphitiEmbedder(EmbedderClient):  # type: ignore[misc]
    """The deployment's embedder as Graphiti calls it, run in a thread."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def create(self, input_data: str | list[str] | Iterable[int] | Iterable[Iterable[int]]) -> list[float]:
        """Returns the vector of the text, or of the first of several. Raises UsageWrong for tokens instead of text."""
        texts = [input_data] if isinstance(input_data, str) else list(input_data)
        if not texts or not isinstance(texts[0], str):
            raise UsageWrong("The embedder takes text, not tokens.")
        return (await self.create_batch([texts[0]]))[0]

    async def create_batch(self, input_data_list: list[str]) -> list[list[float]]:
        """Returns a vector for each text, in order."""
        return await asyncio.to_thread(self._embedder.embed, input_data_list)


class EmbeddingRanker(CrossEncoderClient):  # type: ignore[misc]
    """Ranks passages by the cosine of their embeddings with the query's."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def rank(self, query: str, passages: list[str]) -> list[tuple[str, float]]:
        """Returns the passages with their cosine, nearest first."""
        if not passages:
            return []
        query_vector, *vectors = await asyncio.to_thread(self._embedder.embed, [query, *passages])
        scores = [sum(left * right for left, right in zip(query_vector, vector, strict=True)) for vector in vectors]
        return sorted(zip(passages, scores, strict=True), key=lambda ranked: -ranked[1])


class NoLanguageModel(LLMClient):  # type: ignore[misc]
    """Raises on every call: reading and searching need no language model, and extraction is Fathom's own."""

    def __init__(self) -> None:
        super().__init__(None)

    async def _generate_response(self, *_: Any, **__: Any) -> dict[str, Any]:
        raise UsageWrong(
            "Graphiti asked a language model, and this client has none.",
            hint="Search and read through it; write documents with `fathom ingest`.",
        )
