"""An entity's summary: what is said of it most, in the sentences of its facts, so that no model is asked and all can check it.

A function of the facts that are there: the same in whatever order documents came, and without what went with a document.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

MAX_SENTENCES = 8  # sentences
MAX_CHARACTERS = 800  # characters; a sentence is not cut, so one alone may be longer
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
    """The summaries of these entities say what their facts say, those of most episodes first; empty where they have none.

    One that another client of the graph has written stays, but of entities that `lost` a mention: it may tell of that.
    """
    wanted = {*uuids, *lost}
    if not wanted:
        return
    held = {row["uuid"]: row for row in tx.run(SENTENCES_OF, uuids=sorted(wanted), most=2 * MAX_SENTENCES)}
    if silent := sorted(wanted - held.keys()):
        held |= {row["uuid"]: row for row in tx.run(WITHOUT_FACTS, uuids=silent)}
    rows = []
    for uuid, row in sorted(held.items()):
        says, said = summary(row.get("facts") or ()), row["summary"] or ""
        ours = not said or row["hash"] == _hash(said) or uuid in lost
        if ours and says != said:
            rows.append({"uuid": uuid, "summary": says, "hash": _hash(says)})
    if rows:
        tx.run(SUMMARIZE, rows=rows).consume()


def _hash(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def summary(facts: Sequence[str]) -> str:
    """The first sentences, each once, as many as there is room for."""
    sentences: list[str] = []
    for fact in dict.fromkeys(facts):
        if len(sentences) == MAX_SENTENCES or (sentences and sum(map(len, sentences)) + len(fact) > MAX_CHARACTERS):
            break
        sentences.append(fact)
    return " ".join(sentences)
