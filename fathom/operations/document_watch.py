"""Watching documents until all that was asked for has ended: what is in hand now, and how each ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fathom.database import open_database
from fathom.errors import UsageWrong
from fathom.observability.event_collector import Collector
from fathom.operations.document_rows import known_document
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
MAX_WATCHED = 200  # documents whose status is looked at each time; the rest is counted


@dataclass
class WatchSnapshot:
    """One look: documents in hand, at most MAX_WATCHED of them, how many there are, and those that ended since the watch began."""

    in_hand: list[DocumentStatus] = field(default_factory=list[DocumentStatus])
    left: int = 0
    just_ended: list[DocumentStatus] = field(default_factory=list[DocumentStatus])
    done: int = 0
    failed: list[str] = field(default_factory=list[str])
    held: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing more will happen by itself soon: all ended, or wait for money."""
        return self.left == self.held

    @property
    def exit_code(self) -> int:
        """0 all done, 1 all failed, 4 all wait for money, 5 in part."""
        outcomes = [bool(self.done), bool(self.failed), bool(self.held)]
        if sum(outcomes) > 1:
            return 5
        return 1 if self.failed else 4 if self.held else 0


def watch(
    settings: Settings, target: str | None, *, most: int = MAX_WATCHED, sleep: Callable[[float], None] = time.sleep
) -> Iterator[WatchSnapshot]:
    """What there is to see of a document, a collection or everything, again and again, last when `over`.

    A document that had ended is seen once. Raises UsageWrong for what is neither, DagsterUnreachable when documents wait and
    the daemon that starts the work is away.
    """
    engine = open_database(settings.operational_url)
    collector = Collector(engine, settings.home)
    document = target if target and "/" in target else None
    if document is not None:
        known_document(settings, document)
    elif target is not None and not listing_queries.newest(engine, DocumentFilter(target), after=None, limit=1):
        raise UsageWrong(f"There is no document or collection {target}.", hint="`fathom documents` lists the documents.")
    since, told = time.time(), dict[str, float]()
    asked = daemon_seen = float("-inf")
    seen = WatchSnapshot()
    while True:
        collector.collect()
        ended = (
            _ended_one(settings, document) if document else listing_queries.ended_since(engine, DocumentFilter(target), since)
        )
        seen = _look(settings, DocumentFilter(target), document, most, seen)
        fresh = [one for one in ended if told.get(one.document) != one.updated_at]
        told.update({one.document: one.updated_at for one in fresh})
        _tell_ended(settings, seen, fresh)
        yield seen
        if seen.over:
            return
        if time.monotonic() - asked >= ASK_DAEMON_EVERY_S:
            asked = time.monotonic()
            alive = daemon_is_working(settings)
            daemon_seen = asked if alive else daemon_seen
            if asked - daemon_seen > DAEMON_MISSING_FOR_S:
                raise daemon_unreachable()
        sleep(LOOK_EVERY_S)


def _look(settings: Settings, sought: DocumentFilter, document: str | None, most: int, before: WatchSnapshot) -> WatchSnapshot:
    engine = open_database(settings.operational_url)
    if document is not None:
        row = open_intake(settings).state_of(document)
        found = [row] if row is not None and row.state in IN_HAND else []
        left = len(found)
    else:
        found = listing_queries.oldest_in_hand(engine, sought, most)
        counts = listing_queries.count_by_state(engine, sought)
        left = sum(counts.get(state, 0) for state in IN_HAND)
    return WatchSnapshot(
        in_hand=[status for one in found if (status := status_of(settings, one.document))],
        left=left,
        done=before.done,
        failed=list(before.failed),
        held=sum(paused_for(one) is not None for one in found),
    )


def _ended_one(settings: Settings, document: str) -> list[Upload]:
    row = open_intake(settings).state_of(document)
    return [row] if row is not None and row.state not in IN_HAND else []


def _tell_ended(settings: Settings, seen: WatchSnapshot, ended: list[Upload]) -> None:
    for one in ended:
        again = one.document in seen.failed
        if one.state is UploadState.DONE and not one.in_part:
            seen.done += 1
            seen.failed = [name for name in seen.failed if name != one.document]
        elif not again:
            seen.failed.append(one.document)
        if status := status_of(settings, one.document):
            seen.just_ended.append(status)
