"""Reads episodes from the graph as the rows from which they were written, and packs these rows as JSON.

Saving the rows again gives the same graph, since entities and facts follow from all rows. They have what the graph has: several
names of an entity in a text, which the graph keeps as one mention, share that mention's assertions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any

from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.property_values import decode_value, encode_value
from fathom.knowledge.assertions import Assertion, fold_case, unpack
from fathom.knowledge.name_disambiguation import merge_distinctions
from fathom.knowledge.name_resolution import MentionKey, mention_key
from fathom.knowledge.records import EpisodeRows, aliases_of, distinctions_of
from fathom.ledger.write_journal import VersionDates
from fathom.sql import batched

PAGE = 200  # episodes a query

EPISODES = "MATCH (p:Episodic) WHERE p.uuid IN $uuids RETURN p.uuid AS uuid, properties(p) AS row"
MENTIONS = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE p.uuid IN $uuids
RETURN p.uuid AS episode, n.uuid AS entity, n.name AS held, labels(n) AS labels, m.name AS name, m.type AS type,
m.asserts AS asserts, m.also AS also, m.apart AS apart, m.confidence AS confidence
"""
TARGETS = """
MATCH (a:Entity)-[r:RELATES_TO]->(b:Entity) WHERE a.uuid IN $sources AND r.uuid IN $facts
RETURN r.uuid AS uuid, r.name AS relation, b.uuid AS target
"""


@dataclass(frozen=True)
class _Mentions:
    """The mentions of an episode: rows in the graph, and the mention keys of each entity, the primary one first."""

    rows: Sequence[Mapping[str, Any]]
    keys: dict[str, list[MentionKey]] = field(default_factory=dict[str, list[MentionKey]])


def read_episodes(connection: GraphConnection, uuids: Iterable[str]) -> dict[str, EpisodeRows]:
    """Returns the rows of these episodes by uuid, without episodes that are not in the graph. Raises GraphUnreachable."""
    found: dict[str, EpisodeRows] = {}
    for batch in batched(sorted(uuids), PAGE):
        mentions: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in connection.read(MENTIONS, uuids=batch):
            mentions[row["episode"]].append(row)
        named = [row for rows in mentions.values() for row in rows if row["asserts"]]
        facts = sorted({unpack(packed)[0] for row in named for packed in row["asserts"]})
        wanted = {"sources": sorted({row["entity"] for row in named}), "facts": facts}
        targets = {row["uuid"]: row for row in connection.read(TARGETS, **wanted)} if facts else {}
        for row in connection.read(EPISODES, uuids=batch):
            found[row["uuid"]] = _rows(dict(row["row"]), _Mentions(mentions[row["uuid"]]), targets)
    return found


def pack_rows(rows: EpisodeRows) -> dict[str, Any]:
    """Returns the rows as JSON."""
    mentions = list(rows.entities)
    numbers = {mention: number for number, mention in enumerate(mentions)}
    episode = {name: value for name, value in rows.episode.items() if value is not None}
    return {
        "episode": encode_value(episode),
        "entities": [[*mention, *rows.entities[mention]] for mention in mentions],
        "facts": [
            [numbers[source], relation, numbers[target], assertion.pack("")]
            for (source, relation, target, _), assertion in rows.facts.items()
        ],
        "confidence": [[numbers[mention], sure] for mention, sure in rows.confidence.items()],
        "distinctions": {key: sorted(parts) for key, parts in rows.distinctions.items()},
    }


def unpack_rows(packed: Mapping[str, Any]) -> EpisodeRows:
    """Returns the rows that `pack_rows` packed."""
    mentions = [MentionKey(key, kind, form) for key, kind, form, _, _ in packed["entities"]]
    rows = EpisodeRows(
        {name: _native(value) for name, value in decode_value(packed["episode"]).items()},
        {mention: (name, given) for mention, (*_, name, given) in zip(mentions, packed["entities"], strict=True)},
        confidence={mentions[number]: sure for number, sure in packed["confidence"]},
        distinctions={key: frozenset(parts) for key, parts in packed["distinctions"].items()},
    )
    for source, relation, target, text in packed["facts"]:
        _, assertion = unpack(text)
        rows.facts[mentions[source], relation, mentions[target], fold_case(assertion.fact)] = assertion
    return rows


def redated(rows: EpisodeRows, dates: VersionDates, position: int) -> EpisodeRows:
    """Returns the rows as if a version with these dates had brought them, at this position of its document."""
    written, came = dates.reference_time.astimezone(UTC), dates.came_at and dates.came_at.astimezone(UTC)
    document = rows.episode["source_description"]
    times = {"name": f"{document} #{position + 1}", "created_at": came or written, "valid_at": written}
    facts = {key: replace(assertion, at=written, came_at=came) for key, assertion in rows.facts.items()}
    return replace(rows, episode={**rows.episode, **times}, facts=facts)


def _rows(episode: dict[str, Any], mentions: _Mentions, targets: Mapping[str, Mapping[str, Any]]) -> EpisodeRows:
    episode = {name: _native(value) for name, value in episode.items() if name != "entity_edges"}
    rows = EpisodeRows(episode)
    for row in mentions.rows:
        names = [(row["name"], row["type"]), *aliases_of(row)] if row["name"] is not None else [_name_of(row)]
        keys = [mention_key(name, kind) for name, kind in names]
        rows.entities |= dict(zip(keys, names, strict=True))
        mentions.keys[row["entity"]] = keys
        if row["confidence"] is not None:
            rows.confidence[keys[0]] = row["confidence"]
    rows.distinctions = merge_distinctions(*map(distinctions_of, mentions.rows))
    for row in mentions.rows:
        for packed in row["asserts"] or ():
            fact, assertion = unpack(packed)
            if (known := targets.get(fact)) and (ends := mentions.keys.get(known["target"])):
                _add_fact(rows, mentions.keys[row["entity"]][0], ends[0], _with_relation(assertion, known["relation"]))
    return rows


def _add_fact(rows: EpisodeRows, source: MentionKey, target: MentionKey, assertion: Assertion) -> None:
    rows.facts[source, assertion.relation, target, fold_case(assertion.fact)] = assertion


def _with_relation(assertion: Assertion, relation: str) -> Assertion:
    return assertion if assertion.relation else replace(assertion, relation=relation)


def _name_of(row: Mapping[str, Any]) -> tuple[str, str | None]:
    """Returns name and type of a mention of an older version, which has none of its own."""
    labels = sorted(label for label in row["labels"] if label != "Entity")
    return row["held"] or row["entity"], labels[0] if labels else None


def _native(value: Any) -> Any:
    return value.to_native() if hasattr(value, "to_native") else value
