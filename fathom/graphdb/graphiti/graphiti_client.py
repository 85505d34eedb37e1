"""Opens a graphiti_core.Graphiti on the deployment's graph, to read and search it as any client of Graphiti does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fathom.embedding.embedder import Embedder, open_embedder
from fathom.graphdb.connection import GraphAddress, GraphConnection, graph_address
from fathom.graphdb.schema import ensure_schema
from fathom.settings import Settings

if TYPE_CHECKING:
    from graphiti_core import Graphiti


def open_graphiti(settings: Settings) -> Graphiti:
    """Returns a Graphiti with Fathom's driver, embedder and ranking, and the schema in place; its language model raises.

    Graphiti's telemetry is off in the whole process afterwards, and no `.env` file is read.
    Close it with `await graphiti.close()`. Raises GraphUnreachable.
    """
    return open_graphiti_at(graph_address(settings), open_embedder(settings))


def open_graphiti_at(address: GraphAddress, embedder: Embedder) -> Graphiti:
    """Returns the same for an address and an embedder. Raises GraphUnreachable."""
    connection = GraphConnection(address)
    try:
        ensure_schema(connection)
    finally:
        connection.close()
    os.environ["GRAPHITI_TELEMETRY_ENABLED"] = "false"  # the constructor sends it
    os.environ.setdefault("PYTHON_DOTENV_DISABLED", "1")  # otherwise it loads any .env of parent folders
    from graphiti_core import Graphiti

    from fathom.graphdb.graphiti.adapters import EmbeddingRanker, GraphitiEmbedder, NoLanguageModel
    from fathom.graphdb.graphiti.driver import GraphitiDriver

    return Graphiti(
        graph_driver=GraphitiDriver(address),
        llm_client=NoLanguageModel(),
        embedder=GraphitiEmbedder(embedder),
        cross_encoder=EmbeddingRanker(embedder),
    )
