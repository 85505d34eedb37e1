"""Rows of documents in a table, which are cards on a narrow screen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from fathom.api.page import figures_in_words
from fathom.api.routes.document_paths import encoded
from fathom.status.document_status import DocumentStatus


@dataclass(frozen=True)
class ListedDocument:
    """A row: the document's id in two parts, its state with sentences, its progress, and its figures in words."""

    row: str
    address: str
    collection: str
    name: str
    state: str
    state_in_words: str
    sentences: list[str]
    percent: int | None  # shown as a bar; None for a document that is over
    progress: str
    chunks: str
    entities: str
    facts: str
    cost: str
    accepted: str
    accepted_at: str


def listed(status: DocumentStatus, now: datetime) -> ListedDocument:
    """Returns the row of the document."""
    collection, _, name = status.upload_id.partition("/")
    figures = status.metrics
    return ListedDocument(
        row="d" + hashlib.sha256(status.upload_id.encode("utf-8", "replace")).hexdigest()[:16],
        address=f"/documents/{encoded(status.upload_id)}",
        collection=collection,
        name=name,
        state=status.state,
        state_in_words=figures_in_words.STATES[status.state],
        sentences=_sentences(status),
        percent=None if status.state in ("complete", "partial", "failed") else status.progress,
        progress=_progress(status, now),
        chunks=_chunks(status),
        entities=figures_in_words.number(figures["entities_extracted"]),
        facts=figures_in_words.number(figures["relations_extracted"]),
        cost=figures_in_words.dollars(figures["cost_usd"]),
        accepted=figures_in_words.ago(status.accepted_at, now),
        accepted_at=figures_in_words.instant(status.accepted_at),
    )


def _sentences(status: DocumentStatus) -> list[str]:
    by_hand = [status.by_hand.sentence] if status.by_hand else []
    return by_hand if status.state == "complete" else [status.detail, *by_hand]


def _progress(status: DocumentStatus, now: datetime) -> str:
    if status.state in ("complete", "partial"):
        spent = sum(value for value in status.durations.values() if value)
        return f"{figures_in_words.seconds(spent)} of work" if spent else ""
    if status.state == "failed":
        stage = figures_in_words.STAGES.get(status.stage, status.stage).lower()
        return f"stopped at {stage}" if status.stage != "upload" else ""
    return figures_in_words.progress(status, now)


def _chunks(status: DocumentStatus) -> str:
    total, written = status.metrics["chunks_total"], status.metrics["chunks_processed"]
    if total is None or total == written or status.state == "complete":
        return figures_in_words.number(total if total is not None else written or None)
    return f"{figures_in_words.number(written)}/{figures_in_words.number(total)}"
