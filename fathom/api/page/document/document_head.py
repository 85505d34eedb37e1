"""The head of a document's page: name, state, buttons, error, progress and figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from fathom.api.page import action_buttons
from fathom.api.page import figures_in_words as words
from fathom.api.page.action_buttons import ActionButton
from fathom.api.routes.document_paths import encoded
from fathom.security.api_keys import Caller
from fathom.status.document_status import DocumentStatus
from fathom.status.liveness import OVER


@dataclass(frozen=True)
class ErrorBox:
    """The error of a document: its name, stage, message and a hint, which may hold commands in backticks."""

    name: str
    stage: str
    message: str
    hint: str


@dataclass(frozen=True)
class HandRunNotice:
    """Describes the last run that a person started in Dagster, which the document's state does not cover."""

    run: str
    sentence: str


@dataclass(frozen=True)
class DocumentHead:
    """The document's name, state and figures; `progress` is None for a document that is over."""

    collection: str
    name: str
    address: str
    run: str | None
    state: str
    state_in_words: str
    sentence: str
    over: bool
    written: float | None
    percent: int
    progress: str | None
    actions: list[ActionButton]
    error: ErrorBox | None
    by_hand: HandRunNotice | None
    figures: list[tuple[str, str]]


def document_head(status: DocumentStatus, caller: Caller) -> DocumentHead:
    """Returns the head for the caller."""
    now = datetime.now(UTC)
    collection, _, name = status.upload_id.partition("/")
    over = status.state in OVER
    return DocumentHead(
        collection=collection,
        name=name,
        address=f"/api/documents/{encoded(status.upload_id)}",
        run=status.run,
        state=status.state,
        state_in_words=words.STATES[status.state],
        sentence=_sentence(status),
        over=over,
        written=status.metrics["chunks_processed"],
        percent=status.progress,
        progress=None if over else words.progress(status, now),
        actions=action_buttons.of_document(status, caller),
        error=_error(status),
        by_hand=_by_hand(status),
        figures=_figures(status, now),
    )


def _sentence(status: DocumentStatus) -> str:
    if status.state == "complete":
        spent = sum(value for value in status.durations.values() if value)
        return f"It is in the graph, after {words.seconds(spent)} of work." if spent else "It is in the graph."
    if status.state == "partial":
        return "It is in the graph, but not all of it."
    return "" if status.error and status.state == "failed" else status.detail


def _error(status: DocumentStatus) -> ErrorBox | None:
    error = status.error
    if error is None or status.state == "complete":
        return None
    return ErrorBox(error["type"], words.STAGES.get(str(error["stage"]), "").lower(), error["message"], error["hint"])


def _by_hand(status: DocumentStatus) -> HandRunNotice | None:
    run = status.by_hand
    if run is None:
        return None
    why = f" {run.detail}" if run.detail and run.state != "done" else ""
    return HandRunNotice(run.run, f"Started in Dagster {run.sentence[0].lower()}{run.sentence[1:]}.{why}")


def _figures(status: DocumentStatus, now: datetime) -> list[tuple[str, str]]:
    figures = status.metrics
    failed, tokens, calls = figures["chunks_failed"], figures["claude_tokens_used"], figures["claude_api_calls"]
    date = status.document_date
    return [
        ("Entities", words.number(figures["entities_extracted"])),
        ("Facts", words.number(figures["relations_extracted"])),
        ("Chunks", _chunks(status) + (f", {failed:,} failed" if failed else "")),
        ("Pages", words.number(figures["pages"] or None)),
        ("Words", words.number(figures["words"])),
        ("Size", words.size(int(figures["file_size_bytes"] or 0))),
        ("Cost", words.dollars(figures["cost_usd"])),
        *([("Tokens", words.number(tokens))] if tokens else []),
        *([("Calls", words.number(calls))] if calls else []),
        *([("Failed tries", words.number(status.attempts))] if status.attempts else []),
        ("Accepted", words.ago(status.accepted_at, now)),
        *([("Dated", f"{date:%Y-%m-%d} ({status.document_date_from})")] if date else []),
        ("Version", (status.version or "none")[:12]),
    ]


def _chunks(status: DocumentStatus) -> str:
    written, total = status.metrics["chunks_processed"], status.metrics["chunks_total"]
    if total == written or (total is None and not written):
        return words.number(total)
    return f"{words.number(written)} of {words.number(total)}"
