"""Ingesting files on request: into the inbox as if they were dropped there, and waiting for what becomes of them."""

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

if TYPE_CHECKING:
    from fathom.uploads.upload import Upload

LOOK_EVERY_S = 0.3
ASK_DAEMON_EVERY_S = 5.0
# Its name is on the watch before the first tick of a daemon that was just started.
DAEMON_MISSING_FOR_S = 60.0


@dataclass(frozen=True)
class Progress:
    """Where each document that is waited for stands; None for one that the intake has not seen yet."""

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
    """The files are accepted as documents of the collection, to be ingested by the running deployment.

    `date` is that of all of them, from which their facts without a date hold. A PDF that one of the passwords opens is taken
    without its lock; no password goes further than this call. What cannot be taken is in the answer's `refused`, PasswordWrong
    among it. Raises UnsafePath, StoreFull, DatabaseUnreachable, and
    UsageWrong for a priority out of bounds.
    """
    if priority is not None:
        validate_priority(priority)
    if passwords:
        return accept_placed(ingest_paths(paths, collection, settings, opened=_unlocking(passwords)), settings, priority, date)
    return accept_placed(ingest_paths(paths, collection, settings), settings, priority, date)


def accept_placed(
    placement: Placement, settings: Settings, priority: int | None, date: DocumentDate | None = None
) -> Placement:
    """Accepts the files of the inbox, with the priority and the reference time if given."""
    if placement.placed:
        intake = open_intake(settings)
        if date is not None:
            for one in placement.placed:
                note_date(intake.engine, one.document, one.version, date)
        if priority is not None:
            documents = [one.document for one in placement.placed]
            prioritize(intake.engine, documents, priority, by="the command line", now=time.time())
        intake.look()  # the sensor would, at its next tick
    return placement


def wait(
    placed: Sequence[PlacedFile],
    settings: Settings,
    *,
    since: float | None = None,
    told: Callable[[Progress], None] = lambda progress: None,
) -> list[Upload]:
    """What became of each document, in order, and of what came with those that are mails, once all of them are done,
    failed, rejected or refused; or of what took its place after `since`, when placing began.

    `told` is called when something changed. Raises DagsterUnreachable when the daemon that starts the work is not there;
    what was placed stays and is ingested when it is.
    """
    intake = open_intake(settings)
    versions = {one.document: one.version for one in placed}
    began = time.time() if since is None else since
    last: dict[str, tuple[object, ...]] = {}
    asked = daemon_seen = time.monotonic()
    while True:
        uploads = {document: intake.state_of(document) for document in versions}
        uploads |= _attached(intake, versions)
        over = [
            one.document for one in uploads.values() if one and has_ended(one, versions.get(one.document, one.version), began)
        ]
        shown = {document: _shown(upload) for document, upload in uploads.items()}
        finished = len(over) == len(uploads)
        if shown != last and (last or not finished):  # of what was over before, there is no progress to tell
            told(Progress(uploads, len(over)))
        last = shown
        if finished:
            return [upload for upload in uploads.values() if upload is not None]
        if time.monotonic() - asked > ASK_DAEMON_EVERY_S:
            asked = time.monotonic()
            if daemon_is_working(settings):
                daemon_seen = asked
            elif asked - daemon_seen > DAEMON_MISSING_FOR_S:
                raise daemon_unreachable()
        time.sleep(LOOK_EVERY_S)


def has_ended(upload: Upload, version: str | None, since: float) -> bool:
    """Whether nothing more will soon happen to that version: it ended, waits for money, or a newer one ended."""
    if upload.state is UploadState.REFUSED or paused_for(upload) is not None:
        return True
    newer = upload.version != version and (upload.accepted_at or 0.0) >= since
    return upload.state in ENDED and (upload.version == version or newer)


def _attached(intake: Intake, mails: Iterable[str]) -> dict[str, Upload]:
    """What came with the mails, and with the mails among that; all is known by the time a mail has ended."""
    found: dict[str, Upload] = {}
    seen = set(mails)
    asked = list(seen)
    while asked:
        came = [one for kin in mail_links(intake.engine, asked).values() for one in kin.attachments if one not in seen]
        seen.update(came)
        found |= {document: upload for document in came if (upload := intake.state_of(document))}
        asked = came
    return found


def require_running(settings: Settings) -> None:
    """Raises DagsterUnreachable unless the daemon that starts the work is there."""
    if not daemon_is_working(settings):
        raise daemon_unreachable()


def daemon_unreachable() -> DagsterUnreachable:
    """The error of a deployment that takes files and does not work on them."""
    return DagsterUnreachable(
        "Dagster's daemon is not running, so nothing is ingested now. What was accepted is kept.",
        hint="Start it with `fathom up`; it then goes on by itself.",
    )


def not_yet_accepted(paths: Iterable[Path], collection: str, settings: Settings) -> list[Path]:
    """Those of the files whose present bytes were never accepted as that document."""
    from fathom.ids import content_version, document_id

    intake: Intake = open_intake(settings)

    def known(path: Path) -> bool:
        upload = intake.state_of(document_id(collection, path.name))
        return upload is not None and upload.version == content_version(path.read_bytes())

    return [path for path in paths if not known(path)]


def _unlocking(passwords: Sequence[str]) -> Opened:
    from fathom.conversion.decryption.decrypt import unlocked

    return lambda stream: unlocked(stream, passwords)


def _shown(upload: Upload | None) -> tuple[object, ...]:
    return () if upload is None else (upload.state, upload.stage, upload.attempts, upload.version)
