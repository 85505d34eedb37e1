"""Accepts complete new and changed files of the inbox as uploads, and stores their bytes by hash."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import Engine

from fathom.errors import DocumentTooLarge, FathomError, Refused, StoreFailed, StoreFull, UnsafePath
from fathom.observability.structured_logging import get_logger, stage
from fathom.uploads import repository
from fathom.uploads.content_store import UploadStore
from fathom.uploads.inbox.inbox_scan import FoundFile, InboxScan, RefusedEntry, scan
from fathom.uploads.inbox.safe_open import SETTLE_S, StillChanging, open_whole, seen_again
from fathom.uploads.repository import KnownFile
from fathom.uploads.upload import UploadState

log = get_logger(__name__)

BUDGET_S = 20.0  # a pass that copies much ends here and the next one continues: Dagster gives a sensor 60 s
WRITE_EVERY = 100  # files accepted in a transaction; after a kill at most these are copied again
_MB = 1024 * 1024

Sleep = Callable[[float], None]


@dataclass
class IntakeReport:
    """The result of a pass over the inbox: documents by id, refused entries by path.

    `busy` files are still being written and `left` files were not reached; the next pass handles both. `stopped` is the
    message of a store that is full or unreachable, which ended the pass.
    """

    known: int = 0
    accepted: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    refused: list[RefusedEntry] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    left: int = 0
    stopped: str | None = None
    seconds: float = 0.0

    @property
    def leaves_work(self) -> bool:
        """Whether the next pass has something to do, even if the inbox does not change until then."""
        return bool(self.busy or self.left or self.stopped)


@dataclass(frozen=True)
class Acceptance:
    """Accepts files of an inbox; `sleep` is called at most once in a pass, for at most the settle time."""

    engine: Engine
    store: UploadStore
    inbox: Path
    max_bytes: int
    sleep: Sleep = time.sleep
    budget_s: float = BUDGET_S

    def look(self, now: float) -> IntakeReport:
        """Accepts or rejects every complete new or changed file; the next pass handles the rest.

        Writes changed rows only. Idempotent after a kill: the file is still in the inbox, and the same bytes get the
        same name in the store. Raises DatabaseUnreachable; a full store is reported in `stopped`.
        """
        began = time.monotonic()
        found = scan(self.inbox)
        rows = repository.known_files(self.engine)
        report = IntakeReport(known=len(rows), refused=found.refused)
        try:
            self._list_refused(found, rows, now)
            changed = [file for file in found.files.values() if self._is_news(file, rows.get(file.document))]
            self._take(self._settled(changed, now), rows, report, began, now)
        except StoreFailed as error:
            report.stopped = f"{error.message} {error.what_to_do}".strip()
            log.error(error.message, sub_stage="stopped", metrics={"accepted": len(report.accepted)})
        report.seconds = time.monotonic() - began
        return report

    def take(self, file: FoundFile, now: float) -> IntakeReport:
        """Accepts a single file that is known to be complete. Raises StoreFull and StoreFailed."""
        row = repository.find_upload(self.engine, file.document)
        rows = (
            {}
            if row is None
            else {row.document: KnownFile(row.size, row.mtime_ns, row.version, row.state, row.reason, row.detail)}
        )
        report = IntakeReport(known=len(rows))
        if self._is_news(file, rows.get(file.document)):
            self._take([file], rows, report, time.monotonic(), now)
        return report

    def _is_news(self, file: FoundFile, row: KnownFile | None) -> bool:
        if row is None or row.state == UploadState.REFUSED:
            return True
        if row.reason == DocumentTooLarge.__name__ and row.version is None and row.size <= self.max_bytes:
            return True  # the limit was raised since
        return (file.identity.size, file.identity.mtime_ns) != (row.size, row.mtime_ns)

    def _settled(self, files: list[FoundFile], now: float) -> list[FoundFile]:
        """Waits for the settle time of the youngest file; returns the files without those that changed meanwhile."""
        young = [file for file in files if _rest(file, now) > 0]
        if not young:
            return files
        self.sleep(min(SETTLE_S, max(_rest(file, now) for file in young)))
        again = {file.document: seen_again(self.inbox, file) for file in young}
        return [file for file in files if file.document not in again or again[file.document] == file]

    def _take(self, files: list[FoundFile], rows: dict[str, KnownFile], report: IntakeReport, began: float, now: float) -> None:
        accepted: list[tuple[FoundFile, str]] = []
        same: list[tuple[FoundFile, str]] = []
        try:
            for position, file in enumerate(files):
                if time.monotonic() - began > self.budget_s:
                    report.left = len(files) - position
                    break
                with stage("upload", document=file.document):
                    version = self._received(file, report, now)
                    if version is None:
                        continue
                    row = rows.get(file.document)
                    (same if row and row.version == version else accepted).append((file, version))
                if len(accepted) >= WRITE_EVERY:
                    self._write(accepted, same, report, now)
        finally:
            self._write(accepted, same, report, now)

    def _received(self, file: FoundFile, report: IntakeReport, now: float) -> str | None:
        """Stores the bytes and returns their version; None if they were not stored, for a reason in the report."""
        size = file.identity.size
        if size > self.max_bytes:
            error = DocumentTooLarge(f"The file has {size / _MB:.0f} MB; the limit is {self.max_bytes // _MB} MB.")
            self._reject(file, error, report, now)
            return None
        log.info("File received", sub_stage="received", metrics={"bytes": size})
        started = time.monotonic()
        try:
            with open_whole(self.inbox, file) as (stream, settled):
                kept = self.store.keep(stream, confirm=settled.check)
        except StillChanging:
            log.info("File is still being written", sub_stage="waiting", metrics={"bytes": size})
            report.busy.append(file.document)
            return None
        except StoreFull as error:
            raise StoreFull(f"There is no room left to keep {file.document}.", document=file.document) from error
        except (UnsafePath, OSError) as error:
            named = error if isinstance(error, UnsafePath) else Refused(f"{file.path} cannot be read: {error.strerror}.")
            log.warning(named.message, sub_stage="refused", metrics={"error": named.name})
            report.refused.append(RefusedEntry(file.document, file.collection, file.path, named))
            return None
        seconds = round(time.monotonic() - started, 3)
        log.info("File stored", sub_stage="stored", metrics={"bytes": kept.size, "version": kept.version, "seconds": seconds})
        return kept.version

    def _write(
        self, accepted: list[tuple[FoundFile, str]], same: list[tuple[FoundFile, str]], report: IntakeReport, now: float
    ) -> None:
        if accepted:
            repository.accept(self.engine, accepted, now)
            report.accepted += [file.document for file, _ in accepted]
            accepted.clear()
        if same:
            repository.update_times(self.engine, same, now)
            report.touched += [file.document for file, _ in same]
            same.clear()

    def _reject(self, file: FoundFile, error: FathomError, report: IntakeReport, now: float) -> None:
        repository.reject_unread(self.engine, file, error.name, error.message, now)
        log.warning(error.message, sub_stage="rejected", metrics={"error": error.name, "bytes": file.identity.size})
        report.rejected.append(file.document)

    def _list_refused(self, found: InboxScan, rows: dict[str, KnownFile], now: float) -> None:
        for entry in found.refused:
            row = rows.get(entry.key)
            if row is None or (row.state == UploadState.REFUSED and row.detail != entry.error.message):
                log.warning(entry.error.message, sub_stage="refused", metrics={"error": entry.error.name, "path": entry.path})
                repository.refuse(self.engine, entry, now)
        here = {entry.key for entry in found.refused} | found.files.keys()
        gone = [key for key, row in _refused_rows(rows.items()) if key not in here]
        if gone:
            repository.forget_refused(self.engine, gone)


def _rest(file: FoundFile, now: float) -> float:
    """Returns the seconds until the file counts as settled; a time in the future gets the whole settle time."""
    return SETTLE_S - max(0.0, now - file.identity.mtime_ns / 1e9)


def _refused_rows(rows: Iterable[tuple[str, KnownFile]]) -> list[tuple[str, KnownFile]]:
    return [(key, row) for key, row in rows if row.state == UploadState.REFUSED]
