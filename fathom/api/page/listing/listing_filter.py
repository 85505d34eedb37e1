"""The filters of the list of documents, as its address has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, HTTPException, Query

from fathom.api.authorization import within
from fathom.api.page.page_frame import Visitor
from fathom.api.routes.document_paths import MAX_LENGTH
from fathom.api.routes.parameters import MAX_COLLECTION, MAX_NAME
from fathom.security.api_keys import Caller
from fathom.uploads.listing_queries import DocumentFilter, PageCursor
from fathom.uploads.upload import UploadState as S

GROUPS: Mapping[str, tuple[str, tuple[S, ...]]] = {
    "waiting": ("Waiting", (S.ACCEPTED, S.SUBMITTED)),
    "working": ("Working", (S.RUNNING,)),
    "done": ("Done", (S.DONE,)),
    "failed": ("Failed", (S.FAILED, S.REJECTED, S.REFUSED)),
}
IN_PART = "partial"  # a subgroup of the done documents


@dataclass(frozen=True)
class ListingFilter:
    """The filters of a listing and the place where its page starts."""

    collection: str | None = None
    group: str | None = None
    text: str = ""
    after: PageCursor | None = None

    def sought(self, caller: Caller) -> DocumentFilter:
        """Returns the filter, restricted to documents that the caller may see."""
        states = GROUPS[self.group][1] if self.group and self.group != IN_PART else None
        return DocumentFilter(self.collection or caller.collection, states, self.text or None, self.group == IN_PART)

    def address(self) -> str:
        """The address of the listing."""
        given = {
            "collection": self.collection,
            "state": self.group,
            "q": self.text,
            "after": f"{self.after.at!r}/{self.after.document}" if self.after else None,
        }
        query = urlencode({name: value for name, value in given.items() if value})
        return f"/?{query}" if query else "/"


async def listing_filter(
    caller: Visitor,
    collection: Annotated[str, Query(max_length=MAX_COLLECTION)] = "",
    state: Annotated[str, Query(max_length=MAX_NAME)] = "",
    q: Annotated[str, Query(max_length=MAX_NAME)] = "",
    after: Annotated[str, Query(max_length=MAX_LENGTH)] = "",
) -> ListingFilter:
    """Returns the filter of the request. Raises 400 for an invalid filter, 403 for a collection that the caller may not see."""
    if collection:
        within(caller, collection)
    if state and state not in (*GROUPS, IN_PART):
        raise HTTPException(400, f"There is no such state; there are {', '.join((*GROUPS, IN_PART))}.")
    place = None
    if after:
        at, _, document = after.partition("/")
        try:
            place = PageCursor(float(at), document)
        except ValueError as error:
            raise HTTPException(400, "This address is damaged: it does not say where the page starts.") from error
    return ListingFilter(collection or None, state or None, q.strip(), place)


RequestedFilter = Annotated[ListingFilter, Depends(listing_filter)]
