"""The data of the page `/`: drop zone, filters, states with counts, pauses, rows and paging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar

from fathom.api.page import action_buttons
from fathom.api.page.action_buttons import ActionButton
from fathom.api.page.figures_in_words import MOVING, STATES, many
from fathom.api.page.listing.listing_filter import GROUPS, IN_PART, ListingFilter
from fathom.api.page.listing.table_rows import ListedDocument, listed
from fathom.security.api_keys import Caller
from fathom.status.document_status import DocumentStatus
from fathom.uploads.listing_queries import PageCursor
from fathom.uploads.paused_collections import ALL, Pause
from fathom.uploads.upload import UploadState as S


@dataclass(frozen=True)
class ListingData:
    """The documents of a page of the list, with counts of all documents by state."""

    statuses: list[DocumentStatus]
    counts: Mapping[str, int]
    in_part: int
    pauses: list[Pause]
    before: int
    more: PageCursor | None
    cursor: int

    def total(self, group: str | None) -> int:
        """Returns the number of documents in a group, or of all."""
        if group == IN_PART:
            return self.in_part
        return sum(self.counts.get(state, 0) for state in (GROUPS[group][1] if group else S))


@dataclass(frozen=True)
class DropZone:
    """Takes files into a known or new collection; `fixed` if the caller may upload to no other."""

    collection: str
    fixed: bool


@dataclass(frozen=True)
class GroupLink:
    """Leads to the documents of a group of states."""

    group: str
    word: str
    count: str
    address: str
    current: bool


@dataclass(frozen=True)
class PauseNotice:
    """Says that a collection is paused; the button resumes it."""

    sentence: str
    resume: ActionButton | None


@dataclass(frozen=True)
class LiveListing:
    """The parts of the page that its script replaces; `moving` is the number of shown documents that are being worked on."""

    template: ClassVar[str] = "listing/live.html"
    filtered: bool
    groups: list[GroupLink]
    actions: list[ActionButton]
    pauses: list[PauseNotice]
    documents: list[ListedDocument]
    shown: str
    newest: str | None
    older: str | None
    said: str
    cursor: int
    moving: int


@dataclass(frozen=True)
class ListingPage:
    """The whole page."""

    template: ClassVar[str] = "listing/page.html"
    drop_zone: DropZone | None
    collections: Sequence[str]
    chosen: ListingFilter
    live: LiveListing


def live_listing(chosen: ListingFilter, found: ListingData, caller: Caller) -> LiveListing:
    """Returns the live parts for the caller."""
    now = datetime.now(UTC)
    first, last = found.before + 1, found.before + len(found.statuses)
    return LiveListing(
        filtered=bool(chosen.group or chosen.text or chosen.collection),
        groups=_groups(chosen, found),
        actions=_actions(chosen, found, caller) if caller.has("operator") else [],
        pauses=[_notice(pause, caller) for pause in found.pauses],
        documents=[listed(status, now) for status in found.statuses],
        shown=f"{first:,}–{last:,} of {many(found.total(chosen.group), 'document')}" if found.statuses else "",
        newest=replace(chosen, after=None).address() if chosen.after else None,
        older=replace(chosen, after=found.more).address() if found.more else None,
        said=", ".join(f"{found.total(group):,} {word.lower()}" for group, (word, _) in GROUPS.items()),
        cursor=found.cursor,
        moving=sum(status.state in MOVING for status in found.statuses),
    )


def _groups(chosen: ListingFilter, found: ListingData) -> list[GroupLink]:
    words: dict[str | None, str] = {None: "All", **{name: word for name, (word, _) in GROUPS.items()}}
    if found.in_part or chosen.group == IN_PART:
        words[IN_PART] = STATES[IN_PART]
    here = replace(chosen, after=None)
    return [
        GroupLink(
            group or "all", word, f"{found.total(group):,}", replace(here, group=group).address(), current=group == chosen.group
        )
        for group, word in words.items()
    ]


def _actions(chosen: ListingFilter, found: ListingData, caller: Caller) -> list[ActionButton]:
    scope = chosen.collection or caller.collection
    failed = found.counts.get(S.FAILED, 0)
    actions = [action_buttons.retry_failed(scope, failed, found.in_part)] if failed + found.in_part and not chosen.text else []
    if (scope or ALL) not in {pause.collection for pause in found.pauses}:
        actions.append(action_buttons.pause(scope))
    return actions


def _notice(pause: Pause, caller: Caller) -> PauseNotice:
    what = "Everything" if pause.collection == ALL else f"The collection {pause.collection}"
    by = f" by {pause.paused_by}" if pause.paused_by else ""
    why = f": {pause.reason}" if pause.reason else ""
    may = caller.has("operator") and (pause.collection != ALL or caller.collection is None)
    return PauseNotice(f"{what} is paused{by}{why}.", action_buttons.resume(pause.collection) if may else None)
