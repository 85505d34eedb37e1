"""Names of a document that may be other names of what its collection has already: compared, judged, joined.

Once for all of a document, when its episodes are written, and once a name: only pairs that are alike and that nothing else
decides are asked about, many in one question. What is judged is durable before the graph follows it, so whoever is killed
in between asks nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from fathom.errors import ExtractionFailed
from fathom.graph.connection import GraphConnection
from fathom.graph.likeness import Name, alike
from fathom.graph.naming import name_key
from fathom.graph.sameness import Pair
from fathom.language.extraction import Described, NameJudge, Usage
from fathom.language.same_names import PROMPT
from fathom.ledger.verdicts import NameVerdicts
from fathom.observability.logs import get_logger

MOST_NAMES = 50_000  # entities of a collection that a name is compared with
PAGE = 5_000
RELATED = 4  # names of what a thing is related to that tell who it is

NAMES_IN = """
MATCH (p:Episodic)-[m:MENTIONS]->(:Entity) WHERE p.uuid IN $uuids AND m.name IS NOT NULL RETURN DISTINCT m.name AS name
"""
ENTITIES = """
MATCH (n:Entity) WHERE n.group_id = $group AND n.uuid > $after
RETURN n.uuid AS uuid, n.name_key AS key, n.name AS name, labels(n) AS labels ORDER BY uuid LIMIT $page
"""
ALL_NAMES = """
MATCH (:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.group_id = $group AND m.name IS NOT NULL RETURN DISTINCT m.name AS name
"""
RELATIONS = """
MATCH (n:Entity)-[r:RELATES_TO]-(o:Entity) WHERE n.group_id = $group AND n.name_key IN $keys
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
    signs: Callable[[Sequence[str]], list[str]],
    *,
    model: str,
) -> Usage:
    """No name in these episodes stands apart from one that it was judged to be the same as; `join` moves those of the keys.

    `signs` gives those of names' vectors.
    Raises GraphUnreachable, LanguageModelUnreachable, BudgetSpent; the same call again goes on from there. A question that
    the model cannot answer as asked leaves its names apart. Answers what it used.
    """
    used = Usage()
    named = {name_key(row["name"]) for row in connection.read(NAMES_IN, uuids=list(episodes))}
    fresh = verdicts.unjudged(collection, named)
    if not fresh:
        return used
    names = list(_names(connection, collection))
    own = {one.key: one.name for one in names if one.key in fresh}
    bits = dict(zip(own, signs(list(own.values())), strict=True))
    known_bits = verdicts.bits(collection) | bits
    everyone = [replace(one, bits=known_bits.get(one.key)) for one in names]
    pairs = alike([one for one in everyone if one.key in fresh], everyone)
    known = verdicts.of(collection, pairs)
    if unknown := [pair for pair in pairs if pair not in known]:
        try:
            judged = judge.same_things(_described(connection, collection, unknown, everyone))
        except ExtractionFailed as error:
            log.warning("Names that are alike were not judged", sub_stage="names", metrics={"why": error.message})
        else:
            used = judged.usage
            known |= dict(zip(unknown, judged.same, strict=True))
            verdicts.record(collection, known, model=model, prompt=PROMPT)
    if joined := [pair for pair in pairs if known.get(pair)]:
        join({key for pair in joined for key in pair})
        log.info(f"{len(joined)} names joined", sub_stage="names", metrics={"alike": len(pairs), "same": len(joined)})
    verdicts.mark_judged(collection, {key: bits.get(key) for key in fresh})
    return used


def forget_names(connection: GraphConnection, verdicts: NameVerdicts, collection: str) -> None:
    """Nothing is kept of what was judged of names that the collection no longer has. Raises GraphUnreachable."""
    if verdicts.any(collection):
        left = connection.read(ALL_NAMES, group=collection)
        verdicts.keep_only(collection, {name_key(row["name"]) for row in left})


def _names(connection: GraphConnection, collection: str) -> Iterator[Name]:
    after, read = "", 0
    while read < MOST_NAMES and (rows := connection.read(ENTITIES, group=collection, after=after, page=PAGE)):
        after, read = rows[-1]["uuid"], read + len(rows)
        for row in rows:
            if row["key"] is not None and row["name"]:  # else another client's
                types = frozenset(label for label in row["labels"] if label != "Entity")
                yield Name(row["key"], row["name"], types)


def _described(
    connection: GraphConnection, collection: str, pairs: Sequence[Pair], everyone: Sequence[Name]
) -> list[tuple[Described, Described]]:
    keys = {key for pair in pairs for key in pair}
    found = connection.read(RELATIONS, group=collection, keys=sorted(keys), most=RELATED)
    related = {row["key"]: tuple(row["names"]) for row in found}
    of = {
        one.key: Described(one.name, ", ".join(sorted(one.types)) or "Thing", related.get(one.key, ()))
        for one in everyone
        if one.key in keys
    }
    return [(of[one], of[other]) for one, other in pairs]
