"""What a paid model costs where documents say again, in other words, what is known: calls an episode, beside Graphiti's way.

The model is the one of `model_calls`: it calls facts one that are of one year and of verbs that say the same. Between the
same two firms there is another fact of the same year each time, which is not one with them.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from itertools import product
from statistics import mean

from benchmarks.figure import Figure
from benchmarks.model_calls import graphitis, loopback, ours
from benchmarks.model_server import VERBS, ModelServer
from fathom.graphdb.connection import open_graph
from fathom.settings import Settings

CHUNKS, FACTS = 24, 8
OLDER = 10  # documents, each of which says a half of what the last says
THEIRS = 4  # of the last document's chunks, by Graphiti's way
TOLD_BEFORE = (3, 8)  # ways in which Graphiti was told them before
ONE_CHUNK, LAST = 30, 10  # documents of one chunk, which say the same
_VERBS = [verb for verb, meant in VERBS.items() if meant == "acquired"]
_ASIDES = ("", *(f", {who} {says}," for who, says in product(("the paper", "a report", "the bank"), ("says", "notes", "adds"))))
_SYLLABLES = ("Bar", "Cel", "Dun", "Fen", "Gol", "Hal", "Jor", "Kel", "Lam", "Mor", "Nor", "Pel", "Quin", "Ros", "Sel", "Tam")
_FIRMS = [f"{one}{other.lower()} Works" for one, other in product(_SYLLABLES, _SYLLABLES)]

Deal = tuple[str, str, int]  # two firms, and when one bought and sued the other


def deals() -> list[Deal]:
    """Half as many as the last document has facts: each stands for two."""
    chance = random.Random(1)
    firms = chance.sample(_FIRMS, CHUNKS * FACTS)
    return [(*firms[number : number + 2], chance.randint(1960, 2020)) for number in range(0, len(firms), 2)]


def told(deal: Deal, way: int) -> str:
    """That one bought the other, in one of fifty ways, and sued it, in one of ten."""
    one, other, year = deal
    aside = _ASIDES[way // len(_VERBS)]
    return f"{one} {_VERBS[way % len(_VERBS)]} {other}{aside} in {year}. {one} sued {other}{aside} in {year}."


def passages(some: Sequence[Deal], ways: Sequence[int]) -> list[str]:
    """The deals, each in its way, so many facts a passage."""
    said = [told(deal, way) for deal, way in zip(some, ways, strict=True)]
    return [" ".join(said[start : start + FACTS // 2]) for start in range(0, len(said), FACTS // 2)]


def measure() -> list[Figure]:
    """A document that says again what ten others say, one that says a thing in many ways, and many that say the same."""
    with loopback() as (of, server):
        return _figures(of, server)


def _figures(of: Settings, server: ModelServer) -> list[Figure]:
    chance = random.Random(2)
    known = deals()
    ways = len(_VERBS) * len(_ASIDES)
    for number in range(OLDER):
        some = chance.sample(known, len(known) // 2)
        ours(of, server, f"again/{number}.md", passages(some, [chance.randrange(ways) for _ in some]))
    last = passages(known, [chance.randrange(ways) for _ in known])
    again = ours(of, server, "again/last.md", last)
    facts = _facts(of, "again")

    one = [told(known[0], way) for way in chance.sample(range(ways), CHUNKS)]
    many = ours(of, server, "many/report.md", one)

    first = known[: FACTS // 2]
    places = range(len(first))
    alone = [
        ours(of, server, f"alone/{number}.md", passages(first, [(number + 7 * place) % ways for place in places])).calls
        for number in range(ONE_CHUNK)
    ]

    some = known[: THEIRS * FACTS // 2]
    for way in TOLD_BEFORE:
        asyncio.run(graphitis(of, server, "theirs", passages(some, [way] * len(some)), bulk=False))
    theirs = asyncio.run(graphitis(of, server, "theirs", last[:THEIRS], bulk=False))
    peer, before = "graphiti.add_episode", f"{OLDER} documents before; Graphiti's: {THEIRS} chunks, told twice before"
    called, wall = again.calls / again.episodes, again.seconds / again.episodes
    note = f"{CHUNKS} chunks of {FACTS} facts, {before}"
    return [
        Figure("calls an episode, all known in other words", called, "", peer, theirs.calls / theirs.episodes, "≤ 3", note),
        Figure("wall an episode, all known in other words", wall, "s", peer, theirs.seconds / theirs.episodes, note=note),
        Figure("facts for each that was said in several ways", facts / (2 * len(known)), "", goal="1", note=note),
        Figure("calls an episode, one fact in many ways", many.calls / many.episodes, "", goal="≤ 3", note=f"{CHUNKS} chunks"),
        Figure(
            "calls, one chunk that many know",
            mean(alone[-LAST:]),
            "",
            goal="≤ 4",
            note=f"{FACTS} facts, last {LAST} of {ONE_CHUNK}",
        ),
    ]


def _facts(of: Settings, collection: str) -> int:
    graph = open_graph(of)
    (row,) = graph.read("MATCH (:Entity {group_id: $group})-[r:RELATES_TO]->() RETURN count(r) AS facts", group=collection)
    graph.close()
    return int(row["facts"])


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
