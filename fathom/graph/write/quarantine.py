"""Quarantines chunks that fail repeatedly because of their content; the rest of the document is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fathom.chunking.chunk import Chunk
from fathom.graph.write.write_report import EpisodeFailure
from fathom.ids import episode_uuid
from fathom.ledger.episode import EpisodeState
from fathom.ledger.episode_ledger import Ledger
from fathom.observability.structured_logging import get_logger

MAX_TRIES = 3  # of a chunk in a single write, each with the provider's own retries
MAX_REASON = 300  # characters stored

log = get_logger(__name__)


def quarantine_chunks(ledger: Ledger, collection: str, document: str, failures: Iterable[EpisodeFailure]) -> None:
    """Quarantines these chunks: they are not retried until the document is."""
    for failure in failures:
        reason = f"{failure.reason}: {failure.message}"[:MAX_REASON]
        ledger.mark_quarantined([episode_uuid(collection, document, failure.chunk)], reason)
        metrics = {"chunk": failure.position + 1, "error": failure.reason}
        log.warning("Chunk quarantined", sub_stage="set_aside", metrics=metrics)


def already_quarantined(
    ledger: Ledger, document: str, wanted: Mapping[str, Chunk], before: Mapping[str, EpisodeState]
) -> list[EpisodeFailure]:
    """Returns the wanted chunks that an earlier write quarantined, with their reasons."""
    if not any(before.get(uuid) == "quarantined" for uuid in wanted):
        return []
    rows = [
        row for row in ledger.rows(document, state="quarantined") if row.uuid in wanted and before.get(row.uuid) == row.state
    ]
    found: list[EpisodeFailure] = []
    for row in rows:
        name, _, message = (row.reason or "").partition(": ")
        found.append(EpisodeFailure(chunk=row.chunk, position=row.position, reason=name, message=message))
    return found
