"""What a paid model costs: calls, billed input tokens and seconds an episode, beside Graphiti's own way with the same answers.

The model is a server on loopback that speaks the Messages API, answers after 0.3 s, and states the same facts to both. Both
write to the same Neo4j; the graphs that come of it are compared by their entities and by the pairs that facts join.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.figure import Figure
from benchmarks.material import chunk_set
from benchmarks.model_server import KEY, ModelServer
from fathom.graph.write.document_writer import open_writer
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.settings import Settings, settings
from scripts.neo4j_server import Neo4jServer

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

LATENCY_S = 0.3
CHUNKS, FACTS = 14, 8
WARM_UP = 5  # chunks by Graphiti's way: some 400 queries
MODEL = "claude-sonnet-5-5"
WRITTEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
_SYLLABLES = ("bar", "cel", "dun", "fen", "gol", "hal", "jor", "kel", "lam", "mor", "nor", "pel", "quin", "ros", "sel", "tam")


@dataclass(frozen=True)
class Cost:
    """Of one way to write the episodes: calls, billed input tokens, seconds; and what the graph holds afterwards."""

    episodes: int
    calls: int
    billed: float
    seconds: float
    entities: frozenset[str] = frozenset()
    pairs: frozenset[tuple[str, str]] = frozenset()


def texts(seed: int) -> list[str]:
    """Passages of eight dated facts each between firms, of which a third come again in later passages."""
    chance = random.Random(seed)
    names: list[str] = []
    while len(names) < CHUNKS * FACTS:
        word = "".join(chance.sample(_SYLLABLES, 3)).capitalize()
        names.append(f"{word} {''.join(chance.sample(_SYLLABLES, 2)).capitalize()}")
    passages = []
    for number in range(CHUNKS):
        near = names[number * 5 : number * 5 + 12]
        facts = [(*chance.sample(near, 2), chance.choice(("supplied", "founded", "acquired", "audited"))) for _ in range(FACTS)]
        passages.append(" ".join(f"{one} {verb} {other} in {chance.randint(1960, 2020)}." for one, other, verb in facts))
    return passages


def ours(of: Settings, server: ModelServer, document: str, passages: list[str]) -> Cost:
    """Fathom's writer, as the asset calls it."""
    writer = open_writer(of)
    server.reset()
    start = time.perf_counter()
    report = writer.write(chunk_set(document, passages), reference_time=WRITTEN_AT)
    seconds = time.perf_counter() - start
    writer.close()
    if report.failures:
        raise RuntimeError(f"{len(report.failures)} chunks failed: {report.failures[0]}")
    return Cost(len(passages), server.calls, server.billed, seconds)


async def graphitis(of: Settings, server: ModelServer, collection: str, passages: list[str], *, bulk: bool) -> Cost:
    """Graphiti with its own driver, client and prompts, an episode after the other or all in one call."""
    from anthropic import AsyncAnthropic
    from graphiti_core import Graphiti
    from graphiti_core.driver.neo4j_driver import Neo4jDriver
    from graphiti_core.llm_client.anthropic_client import AnthropicClient
    from graphiti_core.llm_client.config import LLMConfig
    from graphiti_core.nodes import EpisodeType
    from graphiti_core.utils.bulk_utils import RawEpisode

    from fathom.embedding.embedder import open_embedder
    from fathom.graphdb.graphiti.adapters import EmbeddingRanker, GraphitiEmbedder

    embedder = open_embedder(of)
    driver = Neo4jDriver(str(of.graph_uri), "neo4j", of.graph_password.get_secret_value() if of.graph_password else "")
    await driver._init_task
    client = AsyncAnthropic(api_key=KEY, base_url=server.url, max_retries=1)
    graphiti = Graphiti(
        graph_driver=driver,
        llm_client=AnthropicClient(LLMConfig(api_key=KEY, model=MODEL, small_model=MODEL), client=_Untempered(client)),
        embedder=GraphitiEmbedder(embedder),
        cross_encoder=EmbeddingRanker(embedder),
    )
    await graphiti.build_indices_and_constraints()
    embedder.embed(["warm"])
    server.reset()
    start = time.perf_counter()
    about = {"source_description": "bench", "source": EpisodeType.text, "reference_time": WRITTEN_AT}
    if bulk:
        raw = [RawEpisode(name=f"e{number}", content=text, **about) for number, text in enumerate(passages)]
        await graphiti.add_episode_bulk(raw, group_id=collection)
    else:
        for number, text in enumerate(passages):
            await graphiti.add_episode(name=f"e{number}", episode_body=text, group_id=collection, **about)
    seconds = time.perf_counter() - start
    await graphiti.close()
    await client.close()
    return Cost(len(passages), server.calls, server.billed, seconds)


class _Untempered:
    """The SDK's client without the parameter that Graphiti 0.31 passes and version 2 of the SDK no longer takes."""

    def __init__(self, client: AsyncAnthropic) -> None:
        self._client = client
        self.messages = self

    async def create(self, *, temperature: float, **asked: Any) -> Any:
        """The message, as the SDK gives it."""
        return await self._client.messages.create(**asked)


@contextmanager
def loopback() -> Iterator[tuple[Settings, ModelServer]]:
    """Settings of a deployment on a Neo4j of its own whose model is the server on loopback; both are gone afterwards."""
    os.environ["GRAPHITI_TELEMETRY_ENABLED"] = "false"
    with TemporaryDirectory(prefix="fathom-bench-") as folder:
        neo4j = Neo4jServer(Path(folder) / "neo4j")
        neo4j.start()
        server = ModelServer(LATENCY_S)
        try:
            yield loopback_settings(Path(folder), neo4j, server), server
        finally:
            server.stop()
            neo4j.stop()


def measure() -> list[Figure]:
    """A document of fourteen chunks and one of a single chunk, each way, on one Neo4j."""
    with loopback() as (of, server):
        return _figures(of, server)


def _figures(of: Settings, server: ModelServer) -> list[Figure]:
    graph = open_graph(of)
    passages, others = texts(seed=5), texts(seed=6)
    for document in ("warm/a.md", "warm/b.md"):  # a server compiles what it is asked often, and each way asks its own
        ours(of, server, document, others)
    asyncio.run(graphitis(of, server, "warm-theirs", others[:WARM_UP], bulk=False))
    mine = _held(graph, "ours", ours(of, server, "ours/a.md", passages))
    again = ours(of, server, "ours/a.md", passages)
    taken = [mine.seconds, *(ours(of, server, f"ours-{seed}/a.md", texts(seed=seed)).seconds for seed in (8, 9))]
    seconds = statistics.median(taken)  # a fifth of a second more or less is the machine's
    alone_text = texts(seed=7)[:1]  # asked for nowhere before: what is answered once is kept
    single = ours(of, server, "single/a.md", alone_text)
    theirs = _held(graph, "theirs", asyncio.run(graphitis(of, server, "theirs", passages, bulk=False)))
    at_once = asyncio.run(graphitis(of, server, "bulk", passages, bulk=True))
    alone = asyncio.run(graphitis(of, server, "alone", alone_text, bulk=False))
    graph.close()
    peer, note = "graphiti.add_episode", f"{CHUNKS} chunks of {FACTS} facts, {LATENCY_S} s an answer"
    return [
        _figure("calls an episode, one chunk", single.calls, alone.calls, peer, "≤ 4", f"{FACTS} facts"),
        _figure("calls an episode", mine.calls / CHUNKS, theirs.calls / CHUNKS, peer, "≤ 3", note),
        _figure("calls an episode, against bulk", mine.calls / CHUNKS, at_once.calls / CHUNKS, "add_episode_bulk", "≤ 3", note),
        _figure("billed input tokens an episode", mine.billed / CHUNKS, theirs.billed / CHUNKS, peer, "ratio ≤ .25", note),
        Figure("wall an episode", seconds / CHUNKS, "s", peer, theirs.seconds / CHUNKS, goal="≤ .12 s", note=note),
        Figure("wall an episode, against bulk", seconds / CHUNKS, "s", "add_episode_bulk", at_once.seconds / CHUNKS),
        Figure("entities, F1 against Graphiti's", _f1(mine.entities, theirs.entities), "", goal="≥ .99", note=note),
        Figure("pairs, F1 against Graphiti's", _f1(mine.pairs, theirs.pairs), "", goal="≥ .99", note=note),
        Figure("calls for the same document again", float(again.calls), "", goal="0", note=note),
    ]


def loopback_settings(folder: Path, neo4j: Neo4jServer, server: ModelServer) -> Settings:
    """A deployment's, as a user would set them in the environment; the model's embedder and tokenizer are the real ones."""
    for name, value in {
        "FATHOM_HOME": str(folder / "home"),
        "FATHOM_GRAPH_URI": neo4j.uri,
        "FATHOM_GRAPH_PASSWORD": neo4j.password,
        "FATHOM_LLM": "anthropic",
        "FATHOM_LLM_MODEL": MODEL,
        "FATHOM_LLM_BASE_URL": server.url,
        "ANTHROPIC_API_KEY": KEY,
    }.items():
        os.environ[name] = value
    settings.cache_clear()
    return settings()


def _held(graph: GraphConnection, collection: str, cost: Cost) -> Cost:
    """The cost with the names that the collection's graph holds."""
    names = graph.read("MATCH (e:Entity {group_id: $group}) RETURN e.name AS name", group=collection)
    joined = graph.read(
        "MATCH (a:Entity {group_id: $group})-[:RELATES_TO]->(b:Entity) RETURN a.name AS one, b.name AS other", group=collection
    )
    entities = frozenset(str(row["name"]) for row in names)
    pairs = frozenset((str(row["one"]), str(row["other"])) for row in joined)
    return Cost(cost.episodes, cost.calls, cost.billed, cost.seconds, entities, pairs)


def _f1(mine: frozenset[object], theirs: frozenset[object]) -> float:
    return 2 * len(mine & theirs) / (len(mine) + len(theirs))


def _figure(name: str, value: float, peers: float, peer: str, goal: str, note: str) -> Figure:
    return Figure(name, value, "", peer, peers, goal=goal, note=note)


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
