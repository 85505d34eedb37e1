"""Parameters that several routes share, with their bounds; a value beyond them returns 422."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Path, Query
from pydantic import AfterValidator, StringConstraints

from fathom.uploads.inbox.upload_stream import MAX_ID_BYTES

MAX_PLACE = 2**63 - 1  # the largest row id of SQLite and Postgres
MAX_NAME = 200  # characters of a key's name or a search
MAX_COLLECTION = 64  # see ids.collection_name
MAX_STATES = 20


def _plain(text: str) -> str:
    """Returns the text. Raises ValueError for NUL and for half of a surrogate pair, which no database accepts."""
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
