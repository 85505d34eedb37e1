"""Deletes a document from the graph, with a receipt: deleted, kept because of other documents, and changed items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from fathom.graph.read.snapshot import Snapshot, take_snapshot
from fathom.graph.reconciliation.graph_repair import RemoveEpisodes
from fathom.graphdb.connection import GraphConnection
from fathom.ids import split_document_id
from fathom.ledger.episode_ledger import Ledger

WHY = "the document was removed"
MAX_DOCUMENTS_NAMED = 3  # of the other documents that keep an item


class KeptItem(BaseModel):
    """An item of the document that stays, with the reason."""

    model_config = ConfigDict(frozen=True)

    kind: str = Field(description="entity, fact or bytes")
    id: str
    why: str


class DeletionReceipt(BaseModel):
    """The effect of a deletion on the collection in the graph; uuids only, since names would keep deleted content."""

    model_config = ConfigDict(frozen=True)

    episodes: list[str]
    mentions: int = Field(description="how many mentions went with them")
    facts: list[str]
    entities: list[str]
    kept: list[KeptItem]
    changed: list[str] = Field(
        description="entities and facts that stay and read differently without it; by their uuids before, where these changed"
    )
    digest_before: str = Field(description="SHA-256 over all of the collection; empty for a document that never came so far")
    digest_after: str


@dataclass(frozen=True)
class Deletion:
    """The receipt, and a snapshot of the collection afterwards."""

    erased: DeletionReceipt
    after: Snapshot


def delete_document(connection: GraphConnection, ledger: Ledger, document: str, remove_episodes: RemoveEpisodes) -> Deletion:
    """Deletes all episodes of the document, also those unknown to the ledger. Only the collection's writer may call this.

    `remove_episodes` removes episodes from the graph. Reads the whole collection twice. Raises GraphUnreachable, LeaseLost.
    """
    collection, _ = split_document_id(document)
    before = take_snapshot(connection, collection)
    there = [uuid for uuid, of in before.documents.items() if of == document]
    if there:
        remove_episodes(there)
    states = ledger.states(document)
    ledger.mark_removed([uuid for uuid, state in states.items() if state != "removed"], WHY)
    after = take_snapshot(connection, collection) if there else before
    return Deletion(_account(before, after), after)


def _account(before: Snapshot, after: Snapshot) -> DeletionReceipt:
    gone = before.episodes.keys() - after.episodes.keys()
    touched = {entity for episode, entity in before.mentions if episode in gone}
    claimed = {fact for fact, episodes in before.asserted_by.items() if gone & set(episodes)}
    names: dict[str, set[str]] = defaultdict(set)
    for episode, entity in after.mentions:
        names[entity].add(after.documents[episode])
    kept = [
        *(KeptItem(kind="entity", id=uuid, why=_why("named", names[uuid])) for uuid in sorted(touched & after.entities.keys())),
        *(
            KeptItem(kind="fact", id=uuid, why=_why("asserted", after.documents_asserting(uuid)))
            for uuid in sorted(claimed & after.facts.keys())
        ),
    ]
    # Entities and facts of remaining episodes may have another uuid without the document: these changed, and were not deleted.
    elsewhere = {entity for episode, entity in before.mentions if episode in after.episodes} - after.entities.keys()
    reasserted = {fact for fact, episodes in before.asserted_by.items() if not gone.issuperset(episodes)} - after.facts.keys()
    changed = [
        uuid
        for was, now, renamed in ((before.entities, after.entities, elsewhere), (before.facts, after.facts, reasserted))
        for uuid in sorted(was)
        if uuid in renamed or was[uuid] != now.get(uuid, was[uuid])
    ]
    return DeletionReceipt(
        episodes=sorted(gone),
        mentions=sum(episode in gone for episode, _ in before.mentions),
        facts=sorted(before.facts.keys() - after.facts.keys() - reasserted),
        entities=sorted(before.entities.keys() - after.entities.keys() - elsewhere),
        kept=kept,
        changed=changed,
        digest_before=before.digest(),
        digest_after=after.digest(),
    )


def _why(verb: str, documents: Sequence[str] | set[str]) -> str:
    known = sorted(documents)
    more = f" and {len(known) - MAX_DOCUMENTS_NAMED} more" if len(known) > MAX_DOCUMENTS_NAMED else ""
    return f"{verb} by {', '.join(known[:MAX_DOCUMENTS_NAMED])}{more}" if known else "it holds a fact that stays"
