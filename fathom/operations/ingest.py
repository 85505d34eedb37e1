"""Ingests files on request: puts them into the inbox as if they were dropped there, and waits for their outcomes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fathom.errors import DagsterUnreachable
from fathom.processes.probes import daemon_is_working
from fathom.settings import Settings
from fathom.uploads.attachments_of_mails import mail_links
from fathom.uploads.document_dates import DocumentDate, note_date
from fathom.uploads.inbox.inbox_writer import Opened, PlacedFile, Placement, ingest_paths
from fathom.uploads.intake import Intake, open_intake
from fathom.uploads.priorities import prioritize, validate_priority
from fathom.uploads.provider_accounts import paused_for
from fathom.uploads.upload import ENDED, UploadState
from fathom.uploads.upload_batches import record_batch

if TYPE_CHECKING:
    from fathom.uploads.upload import Upload

LOOK_EVERY_S = 0.3
ASK_DAEMON_EVERY_S = 5.0
# Longer than a daemon that was just started takes until its first tick.
DAEMON_MISSING_FOR_S = 60.0


@dataclass(frozen=True)
class Progress:
    """The upload of each awaited document; None before the intake has found it."""

    uploads: dict[str, Upload | None]
    ended: int


def ingest(
    paths: Iterable[Path],
    collection: str,
    settings: Settings,
    *,
    priority: int | None = None,
    passwords: Sequence[str] = (),
    date: DocumentDate | None = None,
) -> Placement:
    """Accepts the files as documents of the collection, to be ingested by the running deployment.

    `date` is the reference time of all of them: their undated facts are valid from then. A PDF that a password opens is
    stored decrypted; passwords are not stored. Files that cannot be accepted are in the result's `refused`, with
    PasswordWrong among the errors. Raises UnsafePath, StoreFull, DatabaseUnreachable, and UsageWrong for a priority out
    of bounds.
    """
    if priority is not None:
        validate_priority(priority)
    if passwords:
        return accept_placed(ingest_paths(paths, collection, settings, opened=_unlocking(passwords)), settings, priority, date)
    return accept_placed(ingest_paths(paths, collection, settings), settings, priority, date)


def accept_placed(
    placement: Placement, settings: Settings, priority: int | None, date: DocumentDate | None = None
) -> Placement:
    """Accepts the placed files, with the priority and the reference time if given."""
    if placement.placed:
        intake = open_intake(settings)
        placement.batch = record_batch(intake.engine, placement.placed, placement.since)
        if date is not None:
            for file in placement.placed:
                note_date(intake.engine, file.document, file.version, date)
        if priority is not None:
            documents = [file.document for file in placement.placed]
            prioritize(intake.engine, documents, priority, by="the command line", now=time.time())
        intake.look()  # instead of waiting for the sensor's next tick
    return placement


def wait(
    placed: Sequence[PlacedFile],
    settings: Settings,
    *,
    since: float | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> list[Upload]:
    """Waits until all documents and attachments of mails among them have ended; returns their uploads in order.

    A newer version that was accepted after `since`, when placing began, replaces the placed version. `on_progress` is
    called after each change. Raises DagsterUnreachable if the daemon that starts the runs is not working; the files stay
    in the inbox and are ingested later.
    """
    intake = open_intake(settings)
    versions = {file.document: file.version for file in placed}
    began = time.time() if since is None else since
    last: dict[str, tuple[object, ...]] = {}
    checked_at = daemon_seen = time.monotonic()
    while True:
        uploads = {document: intake.state_of(document) for document in versions}
        uploads |= _attached(intake, versions)
        over = [
            row.document for row in uploads.values() if row and has_ended(row, versions.get(row.document, row.version), began)
        ]
        shown = {document: _shown(upload) for document, upload in uploads.items()}
        finished = len(over) == len(uploads)
        if shown != last and (last or not finished):  # documents that had ended before have no progress
            on_progress(Progress(uploads, len(over)))
        last = shown
        if finished:
            return [upload for upload in uploads.values() if upload is not None]
        if time.monotonic() - checked_at > ASK_DAEMON_EVERY_S:
            checked_at = time.monotonic()
            if daemon_is_working(settings):
                daemon_seen = checked_at
            elif checked_at - daemon_seen > DAEMON_MISSING_FOR_S:
                raise daemon_unreachable()
        time.sleep(LOOK_EVERY_S)


def has_ended(upload: Upload, version: str | None, since: float) -> bool:
    """Returns whether the version ended, waits for the budget or an account, or a newer version ended."""
    if upload.state is UploadState.REFUSED or paused_for(upload) is not None:
        return True
    newer = upload.version != version and (upload.accepted_at or 0.0) >= since
    return upload.state in ENDED and (upload.version == version or newer)


def _attached(intake: Intake, mails: Iterable[str]) -> dict[str, Upload]:
    """Returns the attachments of the mails, recursively; all are known by the time a mail has ended."""
    found: dict[str, Upload] = {}
    seen = set(mails)
    mails_left = list(seen)
    while mails_left:
        new = [
            name for links in mail_links(intake.engine, mails_left).values() for name in links.attachments if name not in seen
        ]
        seen.update(new)
        found |= {document: upload for document in new if (upload := intake.state_of(document))}
        mails_left = new
    return found


def require_running(settings: Settings) -> None:
    """Raises DagsterUnreachable unless the daemon that starts the runs is working."""
    if not daemon_is_working(settings):
        raise daemon_unreachable()


def daemon_unreachable() -> DagsterUnreachable:
    """Returns the error of a deployment that accepts files and does not process them."""
    return DagsterUnreachable(
        "Dagster's daemon is not running, so nothing is ingested now. What was accepted is kept.",
        hint="Start it with `fathom up`; it then goes on by itself.",
    )


def not_yet_accepted(paths: Iterable[Path], collection: str, settings: Settings) -> list[Path]:
    """Returns the files whose current bytes are not the accepted version of their document."""
    from fathom.ids import content_version, document_id

    intake: Intake = open_intake(settings)

    def known(path: Path) -> bool:
        upload = intake.state_of(document_id(collection, path.name))
        return upload is not None and upload.version == content_version(path.read_bytes())

    return [path for path in paths if not known(path)]


def _unlocking(passwords: Sequence[str]) -> Opened:
    from fathom.conversion.decryption.decrypt import decrypted

    return lambda stream: decrypted(stream, passwords)


def _shown(upload: Upload | None) -> tuple[object, ...]:
    return () if upload is None else (upload.state, upload.stage, upload.attempts, upload.version)
