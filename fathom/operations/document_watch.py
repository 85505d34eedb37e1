"""Watches documents until all of them have ended: yields the documents in progress and the outcomes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fathom.database import open_database
from fathom.errors import UsageWrong
from fathom.observability.event_collector import Collector
from fathom.operations.document_rows import require_document
from fathom.operations.ingest import ASK_DAEMON_EVERY_S, DAEMON_MISSING_FOR_S, daemon_unreachable
from fathom.processes.probes import daemon_is_working
from fathom.settings import Settings
from fathom.status.document_status import DocumentStatus, status_of
from fathom.uploads import listing_queries
from fathom.uploads.intake import open_intake
from fathom.uploads.listing_queries import IN_HAND, DocumentFilter
from fathom.uploads.provider_accounts import paused_for
from fathom.uploads.upload import UploadState

if TYPE_CHECKING:
    from fathom.uploads.upload import Upload

LOOK_EVERY_S = 0.5
MAX_WATCHED = 200  # documents whose status is read each time; the others are only counted


@dataclass
class WatchSnapshot:
    """A snapshot: at most MAX_WATCHED documents in progress, their number, and those that ended since the watch began."""

    in_hand: list[DocumentStatus] = field(default_factory=list[DocumentStatus])
    left: int = 0
    just_ended: list[DocumentStatus] = field(default_factory=list[DocumentStatus])
    done: int = 0
    failed: list[str] = field(default_factory=list[str])
    held: int = 0

    @property
    def over(self) -> bool:
        """Whether the watch ends: all documents ended, or wait for the budget or an account."""
        return self.left == self.held

    @property
    def exit_code(self) -> int:
        """0 all done, 1 all failed, 4 all wait for the budget or an account, 5 mixed."""
        outcomes = [bool(self.done), bool(self.failed), bool(self.held)]
        if sum(outcomes) > 1:
            return 5
        return 1 if self.failed else 4 if self.held else 0


def watch(
    settings: Settings, target: str | None, *, max_watched: int = MAX_WATCHED, sleep: Callable[[float], None] = time.sleep
) -> Iterator[WatchSnapshot]:
    """Yields snapshots of a document, a collection or all documents, the last when `over`.

    A document that had ended gives a single snapshot. Raises UsageWrong for an unknown target, DagsterUnreachable if
    documents wait and the daemon that starts their runs is not working.
    """
    engine = open_database(settings.operational_url)
    collector = Collector(engine, settings.home)
    document = target if target and "/" in target else None
    if document is not None:
        require_document(settings, document)
    elif target is not None and not listing_queries.newest(engine, DocumentFilter(target), after=None, limit=1):
        raise UsageWrong(f"There is no document or collection {target}.", hint="`fathom documents` lists the documents.")
    since, reported = time.time(), dict[str, float]()
    checked_at = daemon_seen = float("-inf")
    seen = WatchSnapshot()
    while True:
        collector.collect()
        ended = (
            _ended_one(settings, document) if document else listing_queries.ended_since(engine, DocumentFilter(target), since)
        )
        seen = _look(settings, DocumentFilter(target), document, max_watched, seen)
        fresh = [row for row in ended if reported.get(row.document) != row.updated_at]
        reported.update({row.document: row.updated_at for row in fresh})
        _add_ended(settings, seen, fresh)
        yield seen
        if seen.over:
            return
        if time.monotonic() - checked_at >= ASK_DAEMON_EVERY_S:
            checked_at = time.monotonic()
            alive = daemon_is_working(settings)
            daemon_seen = checked_at if alive else daemon_seen
            if checked_at - daemon_seen > DAEMON_MISSING_FOR_S:
                raise daemon_unreachable()
        sleep(LOOK_EVERY_S)


def _look(
    settings: Settings, wanted: DocumentFilter, document: str | None, max_watched: int, before: WatchSnapshot
) -> WatchSnapshot:
    engine = open_database(settings.operational_url)
    if document is not None:
        row = open_intake(settings).state_of(document)
        found = [row] if row is not None and row.state in IN_HAND else []
        left = len(found)
    else:
        found = listing_queries.oldest_in_hand(engine, wanted, max_watched)
        counts = listing_queries.count_by_state(engine, wanted)
        left = sum(counts.get(state, 0) for state in IN_HAND)
    return WatchSnapshot(
        in_hand=[status for row in found if (status := status_of(settings, row.document))],
        left=left,
        done=before.done,
        failed=list(before.failed),
        held=sum(paused_for(row) is not None for row in found),
    )


def _ended_one(settings: Settings, document: str) -> list[Upload]:
    row = open_intake(settings).state_of(document)
    return [row] if row is not None and row.state not in IN_HAND else []


def _add_ended(settings: Settings, seen: WatchSnapshot, ended: list[Upload]) -> None:
    for row in ended:
        again = row.document in seen.failed
        if row.state is UploadState.DONE and not row.in_part:
            seen.done += 1
            seen.failed = [name for name in seen.failed if name != row.document]
        elif not again:
            seen.failed.append(row.document)
        if status := status_of(settings, row.document):
            seen.just_ended.append(status)
