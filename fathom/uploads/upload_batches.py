"""Records which documents a command or a request uploaded together, so that the batch can be undone."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.ids import split_document_id
from fathom.sql import batched
from fathom.tables import upload_batches, uploads
from fathom.uploads.inbox.inbox_writer import PlacedFile


def record_batch(engine: Engine, placed: Sequence[PlacedFile], since: float) -> str | None:
    """Records the files as a batch and returns its id; None where all of them were accepted before.

    `since` is the time before the first was placed, in seconds since 1970.
    """
    versions = {file.document: file.version for file in placed}
    batch, now = uuid.uuid4().hex[:12], time.time()
    with engine.begin() as connection:
        for page in batched(list(versions)):
            c = uploads.c
            query = sa.select(c.document, c.version, c.accepted_at).where(c.document.in_(page))
            for document, version, accepted_at in connection.execute(query):
                if versions[document] == version and (accepted_at or 0.0) < since:
                    del versions[document]
        rows = [
            {"batch": batch, "document": name, "collection": split_document_id(name)[0], "version": version, "placed_at": now}
            for name, version in versions.items()
        ]
        for part in batched(rows):
            connection.execute(upload_batches.insert(), part)
    return batch if versions else None


def documents_of(engine: Engine, batch: str) -> list[str]:
    """Returns the ids of the batch's documents."""
    c = upload_batches.c
    with engine.connect() as connection:
        return list(connection.scalars(sa.select(c.document).where(c.batch == batch).order_by(c.document)))
