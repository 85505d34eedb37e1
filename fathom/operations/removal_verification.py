"""Verifies a removal receipt: nothing of the document is back, and all other changes are explained by the ledger."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fathom.database import open_database
from fathom.errors import UsageWrong
from fathom.graph.read.snapshot import Snapshot, take_snapshot
from fathom.graphdb.connection import open_graph
from fathom.ids import split_document_id
from fathom.ledger.episode_ledger import Ledger
from fathom.operations.removal_receipt import ACTION, Receipt, Verification
from fathom.operations.restorable_copies import has_copy
from fathom.security import audit_log
from fathom.settings import Settings
from fathom.storage.artifacts import open_artifacts
from fathom.uploads import repository
from fathom.uploads.content_store import open_store

GRACE_S = 86400.0  # copies are erased while the deployment runs


def verify(settings: Settings, given: str) -> Verification:
    """Verifies the receipt with this id, or in this file, against graph, ledger, store, inbox and uploads.

    Raises UsageWrong for a receipt that is not in the audit log, GraphUnreachable, StoreFailed.
    """
    receipt, evidence, forged = _receipt(settings, given)
    collection, _ = split_document_id(receipt.document)
    connection = open_graph(settings)
    try:
        now = take_snapshot(connection, collection)
    finally:
        connection.close()
    differences = [*forged, *_back_in_graph(receipt, now), *_back_elsewhere(settings, receipt)]
    explained: list[str] = []
    if receipt.graph.digest_after and now.digest() != receipt.graph.digest_after:
        since = _changed_since(settings, receipt, collection)
        explained = [f"{document} was written or removed since" for document in sorted(since)]
        differences += _unexplained(now, evidence, since)
    return Verification(
        receipt=receipt.id,
        document=receipt.document,
        holds=not differences,
        differences=differences,
        explained=explained,
        digest_after=receipt.graph.digest_after,
        digest_now=now.digest(),
    )


def _receipt(settings: Settings, given: str) -> tuple[Receipt, dict[str, Any], list[str]]:
    file = Path(given)
    in_file: Receipt | None = None
    if file.is_file():
        try:
            in_file = Receipt.model_validate(json.loads(file.read_text(encoding="utf-8")))
        except (ValidationError, ValueError, OSError) as error:
            raise UsageWrong(f"{given} holds no receipt.", hint="It is what `documents remove ID --json` printed.") from error
    entry = audit_log.find_entry(open_database(settings.operational_url), in_file.id if in_file else given)
    if entry is None or entry.action != ACTION:
        raise UsageWrong(f"There is no receipt {in_file.id if in_file else given} in the audit log.")
    receipt = Receipt.model_validate(entry.account)
    forged = ["the file is not what the audit log has under its id"] if in_file not in (None, receipt) else []
    return receipt, entry.evidence, forged


def _back_in_graph(receipt: Receipt, now: Snapshot) -> Iterator[str]:
    back = sorted(uuid for uuid, document in now.documents.items() if document == receipt.document)
    back += sorted(set(receipt.graph.episodes) & now.episodes.keys() - set(back))
    yield from (f"episode {uuid} is in the graph" for uuid in back)
    named = {entity for _, entity in now.mentions}
    for uuid in sorted(set(receipt.graph.entities) & now.entities.keys() - named):
        yield f"entity {uuid} is in the graph, and no episode mentions it"
    for uuid in sorted(set(receipt.graph.facts) & now.facts.keys()):
        if not now.documents_asserting(uuid):
            yield f"fact {uuid} is in the graph, and no episode asserts it"


def _back_elsewhere(settings: Settings, receipt: Receipt) -> Iterator[str]:
    from fathom.extraction.pipeline import response_cache_of

    engine = open_database(settings.operational_url)
    upload = repository.find_upload(engine, receipt.document)
    if upload is not None:
        yield f"{receipt.document} is a document again, {upload.state}"
        if upload.path and (settings.inbox_path / upload.path).is_file():
            yield f"its file {upload.path} is in the inbox"
    if rows := [row for row in Ledger(engine).rows(receipt.document) if row.state != "removed"]:
        yield f"{len(rows)} of its episodes are in the ledger, {', '.join(sorted({row.state for row in rows}))}"
    if (
        receipt.restorable_until is not None
        and time.time() > receipt.restorable_until + GRACE_S
        and has_copy(engine, receipt.document)
    ):
        yield "its restorable copy is kept beyond its time"
    if artifacts := open_artifacts(settings).count(receipt.document):
        yield f"{artifacts} artifacts of it are in the store"
    with closing(response_cache_of(settings)) as kept:
        if answers := kept.used_by(receipt.document):
            yield f"{answers} answers of the language model for it are kept"
    store = open_store(settings)
    for version in receipt.bytes_removed:
        if store.has(version) and not repository.documents_with_version(engine, version):
            yield f"its bytes {version[:12]} are in the store, and no document has them"


def _changed_since(settings: Settings, receipt: Receipt, collection: str) -> set[str]:
    """Returns the documents of the collection that changed in the ledger since the removal."""
    rows = Ledger(open_database(settings.operational_url)).rows(collection=collection)
    then = datetime.fromtimestamp(receipt.removed_at, UTC)
    return {row.document for row in rows if row.updated_at > then}


def _unexplained(now: Snapshot, evidence: dict[str, Any], since: set[str]) -> Iterator[str]:
    before: dict[str, str] = evidence.get("documents", {})
    here = now.digests()
    for document in sorted(before.keys() | here.keys()):
        if before.get(document) != here.get(document) and document not in since:
            yield f"{document} is not in the graph as it was, and the ledger knows of no change"
    if not since and now.shared_digest() != evidence.get("shared"):
        yield "entities or facts are not as they were, and the ledger knows of no change"
