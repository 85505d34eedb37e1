"""Where a waiting document stands: how many wait before it, and what is worked on now."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Engine

from fathom.database import priorities, uploads
from fathom.uploads.upload import Upload, UploadState


class QueuePlace(BaseModel):
    """A place in the queue."""

    model_config = ConfigDict(frozen=True)

    position: int = Field(description="1 is the next")
    waiting_before: int = Field(description="documents that wait too and come first: more urgent or, as urgent, older")
    in_hand: int = Field(description="documents that runs have in hand now")
    runs_at_once: int = Field(description="runs that work at the same time")


def place_in_queue(engine: Engine, upload: Upload, runs_at_once: int) -> QueuePlace | None:
    """Its place; None for a document that does not wait."""
    if upload.state not in (UploadState.ACCEPTED, UploadState.SUBMITTED) or upload.accepted_at is None:
        return None
    c = uploads.c
    older = sa.or_(
        c.accepted_at < upload.accepted_at, sa.and_(c.accepted_at == upload.accepted_at, c.document < upload.document)
    )
    waits = c.state.in_((UploadState.ACCEPTED, UploadState.SUBMITTED))
    urgency = sa.func.coalesce(priorities.c.priority, 0)
    with engine.connect() as connection:
        mine = connection.scalar(sa.select(priorities.c.priority).where(priorities.c.document == upload.document)) or 0
        first = sa.or_(urgency > mine, sa.and_(urgency == mine, older))
        joined = uploads.outerjoin(priorities, priorities.c.document == c.document)
        before = connection.scalar(sa.select(sa.func.count()).select_from(joined).where(waits, first)) or 0
        in_hand = connection.scalar(sa.select(sa.func.count()).where(c.state == UploadState.RUNNING)) or 0
    return QueuePlace(position=before + 1, waiting_before=before, in_hand=in_hand, runs_at_once=runs_at_once)
