"""Names of a document that may be other names of what its collection has already: compared, judged, joined.

Once for all of a document, when its episodes are written, and once a name: only pairs that are alike and that nothing else
decides are asked about, many in one question. What is judged is durable before the graph follows it, so whoever is killed
in between asks nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fathom.errors import ExtractionFailed
from fathom.graph.connection import GraphConnection
from fathom.graph.likeness import alike, near
from fathom.graph.naming import name_key
from fathom.graph.resolving import OPEN, Sense, kin
from fathom.graph.rows import named_also
from fathom.graph.sameness import Pair
from fathom.language.extraction import Described, NameJudge, Usage
from fathom.language.same_names import MOST_PAIRS, PROMPT
from fathom.ledger.verdicts import NameVerdicts
from fathom.observability.logs import get_logger

MOST_NAMES = 100_000  # of a collection that a name is compared with, the latest
PAGE = 2_000
RELATED = 4  # names of what a thing is related to that tell who it is

NAMES_IN = """
MATCH (p:Episodic)-[m:MENTIONS]->(:Entity) WHERE p.uuid IN $uuids AND m.name IS NOT NULL
RETURN DISTINCT m.name AS name, m.type AS type, m.also AS also
"""
ENTITIES = """
MATCH (n:Entity) WHERE n.name_key IN $keys AND n.group_id = $group
RETURN n.name_key AS key, n.name AS name, labels(n) AS labels
"""
ALL_ENTITIES = """
MATCH (n:Entity) WHERE n.group_id = $group AND n.uuid > $after RETURN n.uuid AS uuid ORDER BY uuid LIMIT $page
"""
NAMES_OF = """
MATCH (:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.uuid IN $uuids AND m.name IS NOT NULL
RETURN DISTINCT m.name AS name, m.type AS type, m.also AS also
"""
RELATIONS = """
MATCH (n:Entity)-[r:RELATES_TO]-(o:Entity) WHERE n.name_key IN $keys AND n.group_id = $group
WITH n.name_key AS key, o.name AS name, count(r) AS times ORDER BY times DESC, name
RETURN key, collect(name)[0..$most] AS names
"""

log = get_logger(__name__)


def identify(
    connection: GraphConnection,
    verdicts: NameVerdicts,
    judge: NameJudge,
    collection: str,
    episodes: Sequence[str],
    join: Callable[[Collection[str]], object],
    signs: Callable[[Sequence[str]], list[bytes]],
    *,
    model: str,
) -> Usage:
    """No name in these episodes stands apart from one that it was judged to be the same as; answers what that used.

    `join` moves what is said by names of the keys to where the verdicts say, `signs` gives those of names' vectors. Raises
    GraphUnreachable, LanguageModelUnreachable, BudgetSpent; the same call again goes on from there. A question that the
    model cannot answer as asked leaves its names apart.
    """
    used = Usage()
    named = _keys(connection.read(NAMES_IN, uuids=list(episodes)))
    fresh = verdicts.unjudged(collection, named)
    if not fresh:
        return used
    names = _entities(connection, collection, fresh)
    own = dict(zip(names, signs([one.name for one in names.values()]), strict=True))
    candidates = near(own, verdicts.judged(collection, most=MOST_NAMES) | own)
    others = {key for keys in candidates.values() for key in keys}
    names |= _entities(connection, collection, others - names.keys())
    pairs = alike(candidates, {key: one.types for key, one in names.items()})
    known = verdicts.of(collection, pairs)
    unknown = [pair for pair in pairs if pair not in known]
    described = _described(connection, collection, unknown, names)
    for start in range(0, len(unknown), MOST_PAIRS):  # what one question brought is kept before the next is asked
        some = unknown[start : start + MOST_PAIRS]
        try:
            judged = judge.same_things([described[pair] for pair in some])
        except ExtractionFailed as error:
            log.warning("Names that are alike were not judged", sub_stage="names", metrics={"why": error.message})
            continue
        used = used.and_also(judged.usage)
        verdicts.record(collection, dict(zip(some, judged.same, strict=True)), model=model, prompt=PROMPT)
    same, _ = verdicts.about(collection, fresh)
    names |= _entities(connection, collection, {key for pair in same for key in pair} - names.keys())
    if joined := [pair for pair in same if names.keys() >= {*pair}]:  # both are entities still
        join({key for pair in joined for key in pair})
        log.info("Names were found to mean one thing", sub_stage="names", metrics={"alike": len(pairs), "same": len(joined)})
    verdicts.mark_judged(collection, {key: (kin(Sense(key, OPEN)), own.get(key)) for key in fresh})
    return used


def forget_names(connection: GraphConnection, verdicts: NameVerdicts, collection: str) -> None:
    """Nothing is kept of what was judged of names that the collection no longer has. Raises GraphUnreachable."""
    if verdicts.any(collection):
        left: set[str] = set()
        after = ""
        while rows := connection.read(ALL_ENTITIES, group=collection, after=after, page=PAGE):
            after = rows[-1]["uuid"]
            left |= _keys(connection.read(NAMES_OF, uuids=[row["uuid"] for row in rows]))
        verdicts.keep_only(collection, left)


def _keys(mentions: Iterable[Mapping[str, Any]]) -> set[str]:
    """The keys of all names that the mentions have."""
    return {name_key(name) for row in mentions for name, _ in ((row["name"], row["type"]), *named_also(row))}


@dataclass(frozen=True)
class _Entity:
    name: str
    types: tuple[str, ...]


def _entities(connection: GraphConnection, collection: str, keys: Collection[str]) -> dict[str, _Entity]:
    """The entities of these keys, by key; a key that is only another name of one has none."""
    rows = connection.read(ENTITIES, group=collection, keys=sorted(keys)) if keys else []
    return {
        row["key"]: _Entity(row["name"], tuple(sorted(label for label in row["labels"] if label != "Entity")))
        for row in rows
        if row["name"]
    }


def _described(
    connection: GraphConnection, collection: str, pairs: Sequence[Pair], names: Mapping[str, _Entity]
) -> dict[Pair, tuple[Described, Described]]:
    if not pairs:
        return {}
    keys = {key for pair in pairs for key in pair}
    found = connection.read(RELATIONS, group=collection, keys=sorted(keys), most=RELATED)
    related = {row["key"]: tuple(row["names"]) for row in found}
    of = {key: Described(names[key].name, ", ".join(names[key].types) or "Thing", related.get(key, ())) for key in keys}
    return {(one, other): (of[one], of[other]) for one, other in pairs}
