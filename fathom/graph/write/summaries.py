"""Summarizes entities by the most frequent sentences of their facts: without a model, and verifiable.

A function of the stored facts, so it does not depend on the order of documents and keeps nothing of deleted documents.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fathom.knowledge.assertions import RunQuery

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

MAX_SENTENCES = 8  # sentences
MAX_CHARACTERS = 800  # a sentence is not cut, so a single sentence may be longer
SENTENCES_OF = """
MATCH (n:Entity)-[r:RELATES_TO]-(:Entity) WHERE n.uuid IN $uuids
WITH n, r.fact AS fact, size(r.episodes) AS times, coalesce(r.valid_at, r.reference_time) AS since
ORDER BY times DESC, since, fact
RETURN n.uuid AS uuid, n.summary AS summary, n.summary_hash AS hash, collect(fact)[0..$most] AS facts
"""
WITHOUT_FACTS = """
MATCH (n:Entity) WHERE n.uuid IN $uuids AND n.summary <> '' RETURN n.uuid AS uuid, n.summary AS summary, n.summary_hash AS hash
"""
SUMMARIZE = "UNWIND $rows AS row MATCH (n:Entity {uuid: row.uuid}) SET n.summary = row.summary, n.summary_hash = row.hash"


def recompute_summaries(tx: ManagedTransaction, uuids: Collection[str], lost: Collection[str]) -> None:
    """Recomputes the summaries of these entities from their facts, those of most episodes first; empty without facts.

    A summary that another client wrote stays, except for entities that `lost` a mention, whose content it may contain.
    """
    rows = [
        {"uuid": uuid, "summary": stored.fresh, "hash": _hash(stored.fresh)}
        for uuid, stored in sorted(read_summaries(tx.run, {*uuids, *lost}).items())
        if stored.fresh != stored.present and (not stored.is_foreign or uuid in lost)
    ]
    if rows:
        tx.run(SUMMARIZE, rows=rows).consume()


@dataclass(frozen=True)
class StoredSummary:
    """The summary of an entity as it is stored, and as its facts give it.

    `is_foreign`: another client wrote it; `is_changed`: it was changed since Fathom wrote it.
    """

    present: str
    fresh: str
    is_foreign: bool
    is_changed: bool


def read_summaries(run: RunQuery, uuids: Collection[str]) -> dict[str, StoredSummary]:
    """Returns the summaries of the entities that have facts or a summary, by uuid."""
    if not uuids:
        return {}
    stored = {row["uuid"]: row for row in run(SENTENCES_OF, uuids=sorted(uuids), most=2 * MAX_SENTENCES)}
    if without_facts := sorted({*uuids} - stored.keys()):
        stored |= {row["uuid"]: row for row in run(WITHOUT_FACTS, uuids=without_facts)}
    return {uuid: _stored(row) for uuid, row in stored.items()}


def _stored(row: Mapping[str, Any]) -> StoredSummary:
    fresh, present = summarize(row.get("facts") or ()), row["summary"] or ""
    foreign = bool(present) and row["hash"] != _hash(present)
    return StoredSummary(present, fresh, foreign, row["hash"] is not None and row["hash"] != _hash(present))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def summarize(facts: Sequence[str]) -> str:
    """Joins the first sentences, each once, up to MAX_SENTENCES and MAX_CHARACTERS."""
    sentences: list[str] = []
    for fact in dict.fromkeys(facts):
        if len(sentences) == MAX_SENTENCES or (sentences and sum(map(len, sentences)) + len(fact) > MAX_CHARACTERS):
            break
        sentences.append(fact)
    return " ".join(sentences)
