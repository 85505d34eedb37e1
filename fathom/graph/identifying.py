"""Names of a document that may be other names of what its collection has already: compared, judged, joined.

Once for all of a document, when its episodes are written, and once a name: only pairs that are alike and that nothing else
decides are asked about, many in one question. What is judged is durable before the graph follows it, so whoever is killed
in between asks nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fathom.graph.connection import GraphConnection
from fathom.graph.judging import judge
from fathom.graph.likeness import alike, near
from fathom.graph.naming import name_key
from fathom.graph.resolving import OPEN, Sense, kin
from fathom.graph.rows import named_also
from fathom.graph.sameness import Pair
from fathom.language.extraction import Described, NameJudge, Usage
from fathom.language.same_names import PROMPT
from fathom.ledger.verdicts import NameVerdicts
from fathom.observability.logs import get_logger

MOST_NAMES = 100_000  # of a collection that a name is compared with, the latest
RELATED = 4  # names of what a thing is related to that tell who it is

NAMES_IN = """
MATCH (p:Episodic)-[m:MENTIONS]->(:Entity) WHERE p.uuid IN $uuids AND m.name IS NOT NULL
RETURN DISTINCT m.name AS name, m.type AS type, m.also AS also
"""
ENTITIES = """
MATCH (n:Entity) WHERE n.name_key IN $keys AND n.group_id = $group
RETURN n.name_key AS key, n.name AS name, labels(n) AS labels
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
    asked: NameJudge,
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
    named = keys_of_names(connection.read(NAMES_IN, uuids=list(episodes)))
    fresh = verdicts.unjudged(collection, named)
    if not fresh:
        return Usage()
    names = _entities(connection, collection, fresh)
    own = dict(zip(names, signs([one.name for one in names.values()]), strict=True))
    candidates = near(own, verdicts.judged(collection, most=MOST_NAMES) | own)
    others = {key for keys in candidates.values() for key in keys}
    names |= _entities(connection, collection, others - names.keys())
    pairs = alike(candidates, {key: one.types for key, one in names.items()})
    known = verdicts.of(collection, pairs)
    unknown = [pair for pair in pairs if pair not in known]
    described = _described(connection, collection, unknown, names)
    record = partial(verdicts.record, collection, model=model, prompt=PROMPT.version)
    used = judge(asked.same_things, [unknown], described, record)
    same, _ = verdicts.about(collection, fresh)
    names |= _entities(connection, collection, {key for pair in same for key in pair} - names.keys())
    if joined := [pair for pair in same if names.keys() >= {*pair}]:  # both are entities still
        join({key for pair in joined for key in pair})
        log.info("Names were found to mean one thing", sub_stage="names", metrics={"alike": len(pairs), "same": len(joined)})
    verdicts.mark_judged(collection, {key: (kin(Sense(key, OPEN)), own.get(key)) for key in fresh})
    return used


def keys_of_names(mentions: Iterable[Mapping[str, Any]]) -> set[str]:
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
