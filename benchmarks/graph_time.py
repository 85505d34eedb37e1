"""What writing to the graph takes as it fills: ms an episode at 100, 2,000 and 10,000 episodes, the model's time left out.

An episode states eight dated facts between a dozen names; most names come again only in the next few episodes, and one fact in
eight is about one of twenty that come again everywhere. Measured are the last episodes before each size. Graphiti writes the
same texts to the same server, its model's answers coming at once from a server on loopback.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import random
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figure import Figure
from benchmarks.killing import Embedder
from benchmarks.material import chunk_set, own_home
from benchmarks.model_calls import graphitis, loopback_settings
from benchmarks.model_server import ModelServer, stated
from fathom.database import open_database
from fathom.deployment.graph_component import GraphComponent
from fathom.extraction.model import DescribedName, Entity, Extraction, Fact, LanguageModel, PairVerdicts
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.graphdb.schema import ensure_schema
from fathom.ledger.episode_ledger import Ledger
from fathom.settings import Settings
from scripts.neo4j_server import Neo4jServer

NEO4J_SIZES = (100, 2_000, 10_000)
EMBEDDED_SIZES = (200, 2_000)
PEER_EPISODES = 100
A_DOCUMENT = 20  # chunks
WARM_UP = 300  # episodes in a collection of their own: a server compiles what it does often
MEASURED = 5  # documents before each size
GOALS = {("Neo4j", 100): "≤ 30 ms", ("Neo4j", 2_000): "≤ 40 ms", ("Neo4j", 10_000): "≤ 50 ms", ("ArcadeDB", 200): "≤ 80 ms"}
VERBS = ("supplied", "founded", "acquired", "audited")
FACTS = 8
WRITTEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
_SYLLABLES = ("bar", "cel", "dun", "fen", "gol", "hal", "jor", "kel", "lam", "mor", "nor", "pel", "quin", "ros", "sel", "tam")


class Answers(LanguageModel):
    """A model that has read everything already."""

    name = "stated/1"
    prompt = "stated-1"

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """What each text states."""
        return [_extraction(text.rpartition("\n")[2]) for text in texts]

    def same_things(self, pairs: Sequence[tuple[DescribedName, DescribedName]]) -> PairVerdicts:
        """All are different firms."""
        return PairVerdicts([False] * len(pairs))


class Scattered(Embedder):
    """Vectors of which none are near each other, as those of different names are."""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """The same vector for the same text."""
        return [[byte / 255 - 0.5 for byte in hashlib.shake_256(text.encode()).digest(self.dimension)] for text in texts]


def _extraction(text: str) -> Extraction:
    facts = stated(text)
    names = sorted({name for one in facts for name in (one.source, one.target)})
    return Extraction(
        entities=[
            Entity(name=name, type="Organization", mentions=[(at, at + len(name))])
            for name in names
            for at in [text.find(name)]
        ],
        facts=[
            Fact(
                source=one.source,
                target=one.target,
                relation=one.relation,
                fact=one.sentence,
                span=(0, len(text)),
                valid_at=datetime(int(one.year), 1, 1, tzinfo=UTC),
            )
            for one in facts
        ],
    )


def _name(number: int) -> str:
    one, other = divmod(number * 7919 % 16**5, 16**3)
    words = [other // 256, other // 16 % 16, other % 16], [one % 16, one // 16 % 16, number // 16**5]
    return " ".join("".join(_SYLLABLES[digit] for digit in word).capitalize() for word in words)


def passage(number: int) -> str:
    """The text of that episode."""
    chance = random.Random(number)
    near = [_name(20 + number * 5 + one) for one in range(12)]
    pairs = [chance.sample(near, 2) for _ in range(FACTS - 1)]
    pairs.append([chance.choice(near), _name(chance.randrange(20))])
    return " ".join(f"{one} {chance.choice(VERBS)} {other} in {chance.randint(1960, 2020)}." for one, other in pairs)


def filled(graph: GraphConnection, folder: Path, collection: str, sizes: Sequence[int]) -> dict[int, float]:
    """Milliseconds an episode just before the collection had so many."""
    folder.mkdir(parents=True, exist_ok=True)
    writer = DocumentWriter(graph, Answers(), Scattered(), Ledger(open_database(f"sqlite:///{folder / 'ledger.sqlite'}")))
    last: list[float] = []
    found: dict[int, float] = {}
    for document in range(max(sizes) // A_DOCUMENT):
        first = document * A_DOCUMENT
        texts = [passage(number) for number in range(first, first + A_DOCUMENT)]
        report = writer.write(chunk_set(f"{collection}/{document}.md", texts), reference_time=WRITTEN_AT)
        if report.failures:
            raise RuntimeError(str(report.failures[0]))
        last = [*last, report.seconds_writing / A_DOCUMENT * 1000][-MEASURED:]
        if first + A_DOCUMENT in sizes:
            found[first + A_DOCUMENT] = sum(last) / len(last)
    return found


def measure(most: int = max(NEO4J_SIZES)) -> list[Figure]:
    """Each server in turn, no more episodes than `most`; Graphiti on Neo4j."""
    os.environ["GRAPHITI_TELEMETRY_ENABLED"] = "false"
    logging.getLogger("neo4j").setLevel(logging.ERROR)  # what Graphiti asks for is new to an empty server
    figures: list[Figure] = []
    with own_home() as of, TemporaryDirectory(prefix="fathom-graph-time-") as folder:
        part = GraphComponent(of)
        part.start()
        try:
            figures += _figures("ArcadeDB", of, Path(folder) / "embedded", [size for size in EMBEDDED_SIZES if size <= most])
        finally:
            part.stop()
        neo4j, server = Neo4jServer(Path(folder) / "server"), ModelServer(0.0)
        neo4j.start()
        try:
            on_neo4j = loopback_settings(Path(folder), neo4j, server)
            peer = asyncio.run(_graphiti(on_neo4j, server))
            sizes = [size for size in NEO4J_SIZES if size <= most]
            figures += _figures("Neo4j", on_neo4j, Path(folder) / "neo4j", sizes, peer)
        finally:
            server.stop()
            neo4j.stop()
    return figures


def _figures(name: str, of: Settings, folder: Path, sizes: Sequence[int], peer: dict[int, float] | None = None) -> list[Figure]:
    graph = open_graph(of)
    try:
        ensure_schema(graph)
        filled(graph, folder, "warm", [WARM_UP])
        found = filled(graph, folder, "filled", sizes)
    finally:
        graph.close()
    return [
        Figure(
            f"{name}, writing at {size:,} episodes",
            taken,
            "ms/episode",
            "graphiti.add_episode" if peer and size in peer else None,
            (peer or {}).get(size),
            GOALS.get((name, size)),
            f"{FACTS} facts an episode, documents of {A_DOCUMENT}",
        )
        for size, taken in found.items()
    ]


async def _graphiti(of: Settings, server: ModelServer) -> dict[int, float]:
    texts = [passage(number) for number in range(PEER_EPISODES)]
    measured = MEASURED * 4
    await graphitis(of, server, "theirs-warm", texts[:measured], bulk=False)
    await graphitis(of, server, "theirs", texts[:-measured], bulk=False)
    cost = await graphitis(of, server, "theirs", texts[-measured:], bulk=False)
    return {PEER_EPISODES: cost.seconds / measured * 1000}


if __name__ == "__main__":
    chosen = int(sys.argv[1]) if sys.argv[1:] else max(NEO4J_SIZES)
    print(json.dumps([figure.as_dict() for figure in measure(chosen)]))
