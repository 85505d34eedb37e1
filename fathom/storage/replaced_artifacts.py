"""Keeps the artifacts of a document's version that a newer version replaces, until the newer one can no longer be undone."""

from __future__ import annotations

import base64
from typing import cast

from sqlalchemy.engine import Engine

from fathom.ledger.retired_content import RetiredItem, forget_owner, retire, retired_by
from fathom.ledger.write_journal import WriteJournal
from fathom.storage.artifacts import ArtifactKind, ArtifactStore

KIND = "artifact"


def keep_replaced(engine: Engine, store: ArtifactStore, document: str, version: str) -> None:
    """Keeps the stored artifacts before those of this version are saved, where another version is in the graph."""
    present = WriteJournal(engine).version_of(document)
    if present is None or present == version:
        return
    owner = _owner(document, present)
    items = [
        RetiredItem(owner, KIND, kind, document, base64.b64encode(data).decode()) for kind, data in store.load_bytes(document)
    ]
    retire(engine, items)  # artifacts that were kept before stay: a second save finds those of the newer version in the store


def bring_back(engine: Engine, store: ArtifactStore, document: str, version: str) -> int:
    """Stores the kept artifacts of this version again; returns their number."""
    items = [item for item in retired_by(engine, _owner(document, version)) if item.kind == KIND]
    if items:
        store.forget(document)
    for item in items:
        store.save_bytes(document, cast(ArtifactKind, item.key), base64.b64decode(item.content))
    with engine.begin() as connection:
        forget_owner(connection, _owner(document, version))
    return len(items)


def _owner(document: str, version: str) -> str:
    return f"artifacts {document} {version}"
