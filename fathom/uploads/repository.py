"""Reads and writes the table `uploads`: each function is a single transaction and safe under concurrent use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from fathom.errors import DoneInPart
from fathom.sql import batched, insert_into
from fathom.tables import check_results, document_dates, hand_runs, money_waits, planned_runs, priorities, uploads
from fathom.uploads.inbox.inbox_scan import FoundFile, RefusedEntry
from fathom.uploads.scheduler import CollectionLoad, RunBatch, Waiting, next_run_key, run_key
from fathom.uploads.upload import PlannedRun, Upload, UploadState

S = UploadState
_IN_HAND = (S.ACCEPTED, S.SUBMITTED, S.RUNNING)


class KnownFile(NamedTuple):
    """The fields of a row that a scan of the inbox needs."""

    size: int
    mtime_ns: int
    version: str | None
    state: str
    reason: str | None
    detail: str | None


def known_files(engine: Engine) -> dict[str, KnownFile]:
    """Returns all rows by document, in a single query."""
    c = uploads.c
    query = sa.select(c.document, c.size, c.mtime_ns, c.version, c.state, c.reason, c.detail)
    with engine.begin() as connection:
        return {row[0]: KnownFile(*row[1:]) for row in connection.execute(query)}


def accept(engine: Engine, accepted: Sequence[tuple[FoundFile, str]], now: float) -> None:
    """Upserts each file with its version as accepted; a row that has this version already is unchanged.

    A run that works on an older version keeps its key on the row, so that the new version waits for its end.
    """
    c = uploads.c
    insert = insert_into(engine, uploads)
    fresh = ("collection", "path", "size", "mtime_ns", "version", "state", "attempts", "accepted_at", "updated_at")
    statement = insert.on_conflict_do_update(
        index_elements=[c.document],
        set_={
            **{name: insert.excluded[name] for name in fresh},
            "run_key": sa.case((sa.or_(*(c.state == state for state in _IN_HAND)), c.run_key), else_=None),
            **dict.fromkeys(("stage", "reason", "detail", "run_id")),
        },
        where=c.version.is_distinct_from(insert.excluded.version),
    )
    now_accepted = {"state": S.ACCEPTED, "attempts": 0, "accepted_at": now, "updated_at": now}
    with engine.begin() as connection:
        connection.execute(statement, [{**_seen(file), "version": version, **now_accepted} for file, version in accepted])


def update_times(engine: Engine, files: Sequence[tuple[FoundFile, str]], now: float) -> None:
    """Updates the times of files whose bytes are the same; a failed document among them is requeued."""
    same = (uploads.c.document == sa.bindparam("at"), uploads.c.version == sa.bindparam("of"))
    rows = [
        {"at": file.document, "of": version, "b_size": file.identity.size, "b_time": file.identity.mtime_ns}
        for file, version in files
    ]
    times: dict[str, Any] = {"size": sa.bindparam("b_size"), "mtime_ns": sa.bindparam("b_time")}
    with engine.begin() as connection:
        connection.execute(uploads.update().where(*same).values(**times), rows)
        connection.execute(
            _again(now).where(*same, uploads.c.state == S.FAILED), [{"at": r["at"], "of": r["of"]} for r in rows]
        )


def retry(engine: Engine, document: str, now: float) -> bool:
    """Requeues a document that failed, was rejected or is done in part; returns False if it has no stored bytes."""
    in_part = sa.and_(uploads.c.state == S.DONE, uploads.c.reason == DoneInPart.__name__)
    ended = (sa.or_(uploads.c.state.in_((S.FAILED, S.REJECTED)), in_part), uploads.c.version.is_not(None))
    with engine.begin() as connection:
        return connection.execute(_again(now).where(uploads.c.document == document, *ended)).rowcount == 1


def requeue_done(engine: Engine, documents: Sequence[str], now: float) -> list[str]:
    """Requeues those of the documents that are done; returns their ids."""
    done = (uploads.c.state == S.DONE, uploads.c.version.is_not(None))
    with engine.begin() as connection:
        return [
            document
            for document in documents
            if connection.execute(_again(now).where(uploads.c.document == document, *done)).rowcount
        ]


def reject_unread(engine: Engine, file: FoundFile, reason: str, detail: str, now: float) -> None:
    """Records the file as rejected before it was read; no bytes of it are stored."""
    _put_without_bytes(
        engine, {**_seen(file), "state": S.REJECTED, "reason": reason, "detail": detail, "accepted_at": now}, now
    )


def refuse(engine: Engine, entry: RefusedEntry, now: float) -> None:
    """Lists the entry of the inbox as refused."""
    seen = {"document": entry.key, "collection": entry.collection, "path": entry.path, "size": 0, "mtime_ns": 0}
    _put_without_bytes(engine, {**seen, "state": S.REFUSED, "reason": entry.error.name, "detail": entry.error.message}, now)


def forget_refused(engine: Engine, keys: Sequence[str]) -> None:
    """Deletes the rows of refused entries that have left the inbox."""
    with engine.begin() as connection:
        for page in batched(keys):
            connection.execute(uploads.delete().where(uploads.c.document.in_(page), uploads.c.state == S.REFUSED))


def forget(engine: Engine, document: str) -> None:
    """Deletes the document's row, and its budget waits, priority, runs by hand and dates."""
    with engine.begin() as connection:
        connection.execute(uploads.delete().where(uploads.c.document == document))
        connection.execute(money_waits.delete().where(money_waits.c.document == document))
        connection.execute(priorities.delete().where(priorities.c.document == document))
        connection.execute(check_results.delete().where(check_results.c.document == document))
        connection.execute(hand_runs.delete().where(hand_runs.c.document == document))
        connection.execute(document_dates.delete().where(document_dates.c.document == document))


def documents_with_version(engine: Engine, version: str) -> list[str]:
    """Returns the ids of the documents whose last accepted version this is."""
    with engine.begin() as connection:
        query = sa.select(uploads.c.document).where(uploads.c.version == version)
        return list(connection.scalars(query.order_by(uploads.c.document)))


def waiting(engine: Engine) -> list[Waiting]:
    """Returns the accepted documents that no run works on."""
    c = uploads.c
    urgency = sa.func.coalesce(priorities.c.priority, 0)
    query = sa.select(c.document, c.collection, c.version, c.attempts, c.reason, c.accepted_at, c.updated_at, urgency)
    query = query.outerjoin(priorities, priorities.c.document == c.document)
    with engine.begin() as connection:
        return [Waiting(*row) for row in connection.execute(query.where(c.state == S.ACCEPTED, c.run_key.is_(None)))]


def collection_loads(engine: Engine) -> dict[str, CollectionLoad]:
    """Returns the load of each collection: its runs in flight and when its last run was planned."""
    c, p = uploads.c, planned_runs.c
    runs = sa.select(c.collection, sa.func.count(c.run_key.distinct()))
    flying = runs.where(c.state.in_((S.SUBMITTED, S.RUNNING))).group_by(c.collection)
    with engine.begin() as connection:
        last = connection.execute(sa.select(p.collection, sa.func.max(p.planned_at)).group_by(p.collection))
        found = {name: CollectionLoad(0, at) for name, at in last}
        for name, count in connection.execute(flying):
            found.setdefault(name, CollectionLoad()).in_flight = count
    return found


def assign(engine: Engine, choice: RunBatch, now: float) -> PlannedRun | None:
    """Assigns a new run key to the documents in a single transaction; returns None if other processes took them first."""
    try:
        return _assign(engine, choice, now)
    except (IntegrityError, _TakenByOthers):
        return None


class _TakenByOthers(Exception):
    pass


def _assign(engine: Engine, choice: RunBatch, now: float) -> PlannedRun:
    c = uploads.c
    key = run_key(choice.documents)
    with engine.begin() as connection:
        while connection.scalar(sa.select(planned_runs.c.run_key).where(planned_runs.c.run_key == key)) is not None:
            key = next_run_key(key)
        connection.execute(
            planned_runs.insert().values(
                run_key=key, collection=choice.collection, documents=len(choice.documents), planned_at=now
            )
        )
        for page in batched(row.document for row in choice.documents):
            free = (c.document.in_(page), c.state == S.ACCEPTED, c.run_key.is_(None), c.collection == choice.collection)
            wanted = c.version.in_([row.version for row in choice.documents if row.document in page])
            connection.execute(
                uploads.update().where(*free, wanted).values(state=S.SUBMITTED, run_key=key, run_id=None, updated_at=now)
            )
        rows = connection.execute(sa.select(c.document, c.version).where(c.run_key == key).order_by(c.accepted_at, c.document))
        taken = [(row.document, row.version) for row in rows]
        if not taken:
            raise _TakenByOthers
    urgency = choice.documents[0].priority
    causes = [row.cause for row in choice.documents if len(taken) == 1 and row.document == taken[0][0]]
    documents, versions = tuple(d for d, _ in taken), tuple(v for _, v in taken)
    return PlannedRun(key, choice.collection, documents, versions, urgency, causes[0] if causes else None)


def find_upload(engine: Engine, document: str) -> Upload | None:
    """Returns the document's row."""
    with engine.begin() as connection:
        row = connection.execute(sa.select(uploads).where(uploads.c.document == document)).one_or_none()
    return None if row is None else as_upload(row)


def list_uploads(
    engine: Engine, *, states: Iterable[str] | None, collection: str | None, after: str | None, limit: int | None
) -> list[Upload]:
    """Returns at most `limit` rows in the order of their ids, those after the id `after`."""
    query = sa.select(uploads).order_by(uploads.c.document).limit(limit)
    if states is not None:
        query = query.where(uploads.c.state.in_(list(states)))
    if collection is not None:
        query = query.where(uploads.c.collection == collection)
    if after is not None:
        query = query.where(uploads.c.document > after)
    with engine.begin() as connection:
        return [as_upload(row) for row in connection.execute(query)]


def count_by_state(engine: Engine) -> dict[str, int]:
    """Returns the number of documents by state."""
    query = sa.select(uploads.c.state, sa.func.count()).group_by(uploads.c.state)
    with engine.begin() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def as_upload(row: Any) -> Upload:
    """Returns the database row as an Upload."""
    return Upload(**{**row._mapping, "state": UploadState(row.state)})


def _again(now: float) -> sa.Update:
    cleared = dict.fromkeys(("stage", "reason", "detail", "run_key", "run_id"))
    return uploads.update().values(state=S.ACCEPTED, attempts=0, updated_at=now, **cleared)


def _seen(file: FoundFile) -> dict[str, Any]:
    return {
        "document": file.document,
        "collection": file.collection,
        "path": file.path,
        "size": file.identity.size,
        "mtime_ns": file.identity.mtime_ns,
    }


def _put_without_bytes(engine: Engine, values: dict[str, Any], now: float) -> None:
    whole = {
        **dict.fromkeys(("version", "stage", "run_key", "run_id", "accepted_at")),
        "attempts": 0,
        **values,
        "updated_at": now,
    }
    insert = insert_into(engine, uploads).values(**whole)
    statement = insert.on_conflict_do_update(
        index_elements=[uploads.c.document], set_={name: insert.excluded[name] for name in whole if name != "document"}
    )
    with engine.begin() as connection:
        connection.execute(statement)
