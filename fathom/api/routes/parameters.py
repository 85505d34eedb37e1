"""Parameters that several routes take, each with its bounds; a value beyond them is answered by 422."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Path, Query
from pydantic import AfterValidator, StringConstraints

from fathom.uploads.inbox.upload_stream import MAX_ID_BYTES

MAX_PLACE = 2**63 - 1  # of a row in a table, for SQLite and Postgres alike
MAX_NAME = 200  # characters of what a person calls a key or searches for
MAX_COLLECTION = 64  # see ids.collection_name
MAX_STATES = 20


def _plain(text: str) -> str:
    """Returns the text. Raises ValueError for NUL and for half of a surrogate pair, which no database takes."""
    if "\0" in text or (not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)):
        raise ValueError("a text without NUL and without halves of surrogate pairs")
    return text


TextParameter = Annotated[str, StringConstraints(max_length=MAX_NAME), AfterValidator(_plain)]
NamePath = Annotated[str, Path(max_length=MAX_NAME)]
CollectionPath = Annotated[str, Path(max_length=MAX_COLLECTION, description="The collection; `*` stands for all.")]
CollectionQuery = Annotated[str | None, Query(max_length=MAX_COLLECTION)]
CursorParameter = Annotated[int, Query(ge=0, le=MAX_PLACE, description="What comes after this place; 0 for all.")]
LastEventId = Annotated[int | None, Header(ge=0, le=MAX_PLACE, description="As `cursor`, which it goes before.")]
LastId = Annotated[str | None, Query(max_length=MAX_ID_BYTES, description="`next` of the page before.")]
