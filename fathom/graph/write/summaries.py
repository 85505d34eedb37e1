"""Summarizes entities by the most frequent sentences of their facts: without a model, and verifiable.

A function of the stored facts, so it does not depend on the order of documents and keeps nothing of deleted documents.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

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
    wanted = {*uuids, *lost}
    if not wanted:
        return
    stored = {row["uuid"]: row for row in tx.run(SENTENCES_OF, uuids=sorted(wanted), most=2 * MAX_SENTENCES)}
    if without_facts := sorted(wanted - stored.keys()):
        stored |= {row["uuid"]: row for row in tx.run(WITHOUT_FACTS, uuids=without_facts)}
    rows = []
    for uuid, row in sorted(stored.items()):
        fresh, present = summarize(row.get("facts") or ()), row["summary"] or ""
        ours = not present or row["hash"] == _hash(present) or uuid in lost
        if ours and fresh != present:
            rows.append({"uuid": uuid, "summary": fresh, "hash": _hash(fresh)})
    if rows:
        tx.run(SUMMARIZE, rows=rows).consume()


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
