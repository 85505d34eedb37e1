"""The artifacts of a replaced version are kept with it, and come back with it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fathom.database import open_database
from fathom.files import Files
from fathom.ledger.episode import PlannedEpisode
from fathom.ledger.write_journal import GraphWrite, VersionDates, WriteJournal
from fathom.storage.artifacts import ArtifactStore
from fathom.storage.replaced_artifacts import bring_back, keep_replaced

DOCUMENT = "c/a.md"


def test_artifacts_come_back_with_their_version(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/fathom.db")
    store = ArtifactStore(Files(str(tmp_path / "store"), scratch=tmp_path / "tmp"))

    def made(version: str, *, written: bool = True) -> None:
        keep_replaced(engine, store, DOCUMENT, version)
        store.save_bytes(DOCUMENT, "chunks", version.encode())
        if written:
            dates = VersionDates(datetime(2024, 5, 6, tzinfo=UTC))
            write = GraphWrite("", "c", DOCUMENT, version, dates, (PlannedEpisode("uuid", "chunk", 0),))
            WriteJournal(engine).begin(write, [], None)

    made("1")
    made("2", written=False)  # it failed before it came into the graph
    made("3")
    assert dict(store.load_bytes(DOCUMENT)) == {"chunks": b"3"}
    assert bring_back(engine, store, DOCUMENT, "1") == 1
    assert dict(store.load_bytes(DOCUMENT)) == {"chunks": b"1"}
    assert bring_back(engine, store, DOCUMENT, "1") == 0
    engine.dispose()
