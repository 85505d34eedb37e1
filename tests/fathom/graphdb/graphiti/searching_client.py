"""A Graphiti client on one of the servers, with our driver or its own, and two documents for it to find."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from fathom.embedding.embedder import Embedder
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.graphiti.graphiti_client import open_graphiti_at
from fathom.ids import episode_uuid
from tests.fathom.graphdb.small_corpus import BRIDGE, CITY, FIRM, RIVER, WRITTEN_AT, WriterOf, chunks_of

if TYPE_CHECKING:
    from graphiti_core import Graphiti

Result = TypeVar("Result")


@dataclass(frozen=True)
class Client:
    """Does work with a Graphiti that is opened and closed around it."""

    graph: GraphConnection
    embedder: Embedder
    plain: bool

    def ask(self, work: Callable[[Graphiti], Awaitable[Result]]) -> Result:
        """What the work gives."""

        async def whole() -> Result:
            graphiti = await self._plain() if self.plain else open_graphiti_at(self.graph.address, self.embedder)
            try:
                return await work(graphiti)
            finally:
                await graphiti.close()

        return asyncio.run(whole())

    async def _plain(self) -> Graphiti:
        """Graphiti with its own driver, which knows nothing of Fathom."""
        from graphiti_core import Graphiti
        from graphiti_core.driver.neo4j_driver import Neo4jDriver

        from fathom.graphdb.graphiti.adapters import EmbeddingRanker, GraphitiEmbedder, NoLanguageModel

        address = self.graph.address
        driver = Neo4jDriver(address.uri, address.user, address.password, address.database)
        await driver._init_task  # it makes its indexes beside whatever is asked first
        return Graphiti(
            graph_driver=driver,
            llm_client=NoLanguageModel(),
            embedder=GraphitiEmbedder(self.embedder),
            cross_encoder=EmbeddingRanker(self.embedder),
        )


def write_documents(graph: GraphConnection, collection: str, writer_of: WriterOf) -> tuple[str, str]:
    """Two documents that share an entity and a fact, and one of another collection, are in the graph."""
    first, second = f"{collection}/a.md", f"{collection}/b.md"
    writer = writer_of(graph)
    writer.write(chunks_of(first, BRIDGE, FIRM), reference_time=WRITTEN_AT)
    writer.write(chunks_of(second, BRIDGE, RIVER), reference_time=WRITTEN_AT)
    writer.write(chunks_of(f"not-{collection}/c.md", CITY, BRIDGE), reference_time=WRITTEN_AT)
    return first, second


def uuid_of_episode(collection: str, document: str, text: str) -> str:
    """The uuid of the episode of that text."""
    return episode_uuid(collection, document, chunks_of(document, text).chunks[0].id)
