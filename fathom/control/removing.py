"""Removing a document: out of the graph, the store, the inbox and Dagster's partitions, with a receipt."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from fathom.chunking.chunk import ChunkSet
from fathom.control.launching import PARTITIONS, alone, open_instance
from fathom.errors import Refused
from fathom.observability.logs import emit
from fathom.settings import Settings
from fathom.storage.artifacts import open_artifacts
from fathom.uploads import register
from fathom.uploads.attaching import forget_kin
from fathom.uploads.intake import open_intake
from fathom.uploads.upload import UploadState


class Receipt(BaseModel):
    """What was removed of a document."""

    model_config = ConfigDict(frozen=True)

    document: str
    version: str | None
    episodes_removed: int = Field(description="with the facts and entities that nothing else supports")
    artifacts_removed: int = Field(description="its converted form, the picture of its first page and its chunks, where made")
    answers_removed: int = Field(description="answers of the language model that only it had used")
    attachments: list[str] = Field(description="documents that came with it, a mail; they stay till they are removed")
    file_removed: bool = Field(description="whether its file was still in the inbox")
    removed_at: float = Field(description="seconds since 1970")
    removed_by: str


class InHandNow(Refused):
    """A run has the document in hand, so it cannot be removed yet."""

    hint = "Cancel it first, or wait until it is done."


def remove(settings: Settings, document: str, *, by: str) -> Receipt | None:
    """Nothing of the document is in the graph, the inbox or the register, nor what was made of it; None for an unknown one.

    Its accepted bytes stay in the store, where another document may have them too. Raises InHandNow while a run has it,
    GraphUnreachable, StoreFailed; asking again goes on where that stopped.
    """
    from fathom.graph.writer import open_writer
    from fathom.language.stack import answer_store

    intake = open_intake(settings)
    with alone(settings):  # no run is started for it meanwhile
        row = intake.state_of(document)
        if row is None:
            return None
        if row.state in (UploadState.SUBMITTED, UploadState.RUNNING):
            raise InHandNow(f"A run has {document} in hand.", document=document)
        place = settings.inbox_path / row.path if row.path else None
        in_inbox = place is not None and place.is_file() and not place.is_symlink()
        if place is not None and in_inbox:
            place.unlink()
        removed = 0
        if row.version is not None:
            nothing = ChunkSet(
                document=document, version=row.version, chunks=[], covered=0.0, max_tokens=0, chunker="none", seconds=0.0
            )
            writer = open_writer(settings)
            try:
                removed = writer.write(nothing, reference_time=datetime.now(UTC)).removed
            finally:
                writer.close()
        artifacts = open_artifacts(settings).forget(document)
        with closing(answer_store(settings)) as kept:
            answers = kept.forget(document)
        attachments = [one for one in intake.kin_of(document).attachments if intake.state_of(one)]
        register.forget(intake.engine, document)
        forget_kin(intake.engine, document)
        if (settings.dagster_home / "dagster.yaml").exists():
            open_instance(settings).delete_dynamic_partition(PARTITIONS, document)
    emit("system.removed", "The document was removed", document=document, episodes=removed, by=by)
    return Receipt(
        document=document,
        version=row.version,
        episodes_removed=removed,
        artifacts_removed=artifacts,
        answers_removed=answers,
        attachments=attachments,
        file_removed=in_inbox,
        removed_at=time.time(),
        removed_by=by,
    )
