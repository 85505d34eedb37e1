"""The collection that a page of the graph shows, and whether the page is for all collections only."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, HTTPException

from fathom.api.authorization import within
from fathom.api.page.page_frame import Visitor
from fathom.api.routes.parameters import CollectionQuery
from fathom.security.api_keys import Caller, KeyRole


async def chosen_collection(caller: Visitor, collection: CollectionQuery = None) -> str | None:
    """Returns the collection of the address, or of the caller's key; None for all. Raises 403 for another than the key's."""
    if collection:
        within(caller, collection)
    return collection or caller.collection


ChosenCollection = Annotated[str | None, Depends(chosen_collection)]


def require_role(caller: Caller, role: KeyRole) -> None:
    """Raises 403 for a caller of a lesser role."""
    if not caller.has(role):
        raise HTTPException(403, f"This needs a key of the role {role}; yours is of the role {caller.role}.")


def address(path: str, **given: str | int | None) -> str:
    """Returns the path with the given values, without those that are empty, as its query."""
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{path}?{query}" if query else path
