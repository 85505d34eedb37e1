"""Chunks that fail again and again by what they say are set aside with the reason; the rest of the document is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fathom.chunking.chunk import Chunk
from fathom.graph.write.write_report import EpisodeFailure
from fathom.ids import episode_uuid
from fathom.ledger.episode import EpisodeState
from fathom.ledger.episode_ledger import Ledger
from fathom.observability.structured_logging import get_logger

MAX_TRIES = 3  # of a chunk in one write, each with the provider's own tries in it
MAX_REASON = 300  # characters kept of it

log = get_logger(__name__)


def quarantine_chunks(ledger: Ledger, collection: str, document: str, failures: Iterable[EpisodeFailure]) -> None:
    """These chunks are quarantined: nothing tries them again until the document is retried."""
    for one in failures:
        reason = f"{one.reason}: {one.message}"[:MAX_REASON]
        ledger.mark_quarantined([episode_uuid(collection, document, one.chunk)], reason)
        log.warning("A chunk was set aside", sub_stage="set_aside", metrics={"chunk": one.position + 1, "error": one.reason})


def already_quarantined(
    ledger: Ledger, document: str, wanted: Mapping[str, Chunk], before: Mapping[str, EpisodeState]
) -> list[EpisodeFailure]:
    """The wanted chunks that an earlier write had set aside, with the reasons it gave."""
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
