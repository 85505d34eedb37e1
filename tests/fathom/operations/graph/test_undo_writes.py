"""What a run, an upload or a version wrote can be taken back, a removed document comes back, and killed undos are finished."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fathom.deployment.graph_component import GraphComponent
from fathom.errors import Refused, UsageWrong
from fathom.graph.curation import undo_execution
from fathom.ledger.episode_ledger import Ledger
from fathom.operations.graph.undo_writes import UndoTarget, plan_undos, undo_writes
from fathom.operations.removal_verification import verify
from fathom.operations.remove import InHandNow, remove
from fathom.operations.restorable_copies import erase_expired, forget_removed, is_removed, restore_removed
from fathom.operations.retry_documents import retry_failed
from fathom.security.audit_log import AuditFilter, list_lines
from fathom.settings import Settings
from fathom.uploads.intake import open_intake
from fathom.uploads.upload import UploadState
from tests.fathom.operations.graph.ingested_documents import digest, ingested

pytestmark = pytest.mark.integration

FIRST = "Ingrid Solberg works for Northgate Engineering in Newcastle."
SECOND = "Ada Lovelace met Charles Babbage in London."
THIRD = "Charles Babbage lived in London. Charles Babbage worked for Cambridge University."
DAY_S = 86400.0


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a home whose embedded graph runs."""
    settings = Settings(home=tmp_path_factory.mktemp("u"), graph_uri=None)
    part = GraphComponent(settings)
    part.start()
    yield settings
    part.stop()


@pytest.fixture
def collection(request: pytest.FixtureRequest) -> str:
    """A collection that no other test uses."""
    return f"c{abs(hash(request.node.name)) % 10**8}"


def test_a_version_goes_back_and_the_upload_with_it(settings: Settings, collection: str, tmp_path: Path) -> None:
    intake, document = open_intake(settings), f"{collection}/a.md"
    ingested(settings, tmp_path, collection, "run-1", a=FIRST, b=THIRD)
    before, first = digest(settings, collection), intake.state_of(document)
    ingested(settings, tmp_path, collection, "run-2", a=SECOND)
    after = digest(settings, collection)
    target = UndoTarget(document=document)
    planned = plan_undos(settings, target)
    assert digest(settings, collection) == after != before
    done = undo_writes(settings, target, by="a test")
    assert digest(settings, collection) == before
    assert [one.model_dump(exclude={"state"}) for one in planned.documents] == [
        one.model_dump(exclude={"state"}) for one in done.documents
    ]
    assert (done.documents[0].episodes_removed, done.documents[0].episodes_brought_back) == (1, 1)
    now = intake.state_of(document)
    assert first is not None
    assert now is not None
    assert (now.version, now.state, now.accepted_at) == (first.version, UploadState.DONE, pytest.approx(first.accepted_at))
    assert intake.look().accepted == []  # the newer file in the inbox is not taken for news
    line = list_lines(intake.engine, AuditFilter(action="graph.undo"), limit=1)[0]
    assert (line.collection, line.document, line.outcome) == (collection, document, "done")


def test_an_upload_of_new_documents_leaves_nothing_and_waits_for_a_retry_by_name(
    settings: Settings, collection: str, tmp_path: Path
) -> None:
    ingested(settings, tmp_path, collection, "run-3", a=THIRD)
    before = digest(settings, collection)
    batch = ingested(settings, tmp_path, collection, "run-4", b=FIRST, c=SECOND)
    report = undo_writes(settings, UndoTarget(upload=batch), by="a test")
    assert [(one.state, one.version) for one in report.documents] == [("undone", None)] * 2
    assert digest(settings, collection) == before
    intake = open_intake(settings)
    row = intake.state_of(f"{collection}/b.md")
    assert row is not None
    assert (row.state, row.reason) == (UploadState.FAILED, "WriteUndone")
    assert retry_failed(settings, collection) == []
    assert intake.look().accepted == []
    with pytest.raises(UsageWrong, match="Nothing is known"):
        plan_undos(settings, UndoTarget(run="run-of-nobody"))


def test_a_document_in_hand_is_left(settings: Settings, collection: str, tmp_path: Path) -> None:
    ingested(settings, tmp_path, collection, "run-5", a=FIRST, b=SECOND)
    intake, document = open_intake(settings), f"{collection}/a.md"
    intake.mark_running(document, run_id="another")
    report = undo_writes(settings, UndoTarget(run="run-5"), by="a test")
    assert {one.document: one.state for one in report.documents} == {document: "refused", f"{collection}/b.md": "undone"}
    with pytest.raises(InHandNow):
        undo_writes(settings, UndoTarget(document=document), by="a test")


@pytest.mark.parametrize("moment", ["removed", "saved", "pruned", "settled"])
def test_a_killed_undo_is_finished_by_the_next(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    collection = f"killed-{moment}"
    ingested(settings, tmp_path, collection, "run-6", a=f"{FIRST}\n\n{SECOND}", b=THIRD)
    before = digest(settings, collection)
    ingested(settings, tmp_path, collection, "run-7", a=f"{SECOND}\n\n{THIRD}")
    target = UndoTarget(document=f"{collection}/a.md")
    name = {"removed": "_save", "saved": "_resolve", "pruned": "link", "settled": "_settle"}[moment]
    with monkeypatch.context() as patched:
        patched.setattr(undo_execution.WriteUndoer, name, _killed)
        with pytest.raises(KeyboardInterrupt):
            undo_writes(settings, target, by="a test")
    done = undo_writes(settings, target, by="a test")
    assert (done.documents[0].state, done.documents[0].version is not None) == ("undone", True)
    assert digest(settings, collection) == before
    again = undo_writes(settings, target, by="a test")  # the first version
    assert again.documents[0].version is None


def test_a_write_finishes_an_undo_that_was_killed_before_it(
    settings: Settings, collection: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingested(settings, tmp_path, collection, "run-8", a=FIRST)
    ingested(settings, tmp_path, collection, "run-9", a=SECOND)
    with monkeypatch.context() as patched:
        patched.setattr(undo_execution.WriteUndoer, "_settle", _killed)
        with pytest.raises(KeyboardInterrupt):
            undo_writes(settings, UndoTarget(document=f"{collection}/a.md"), by="a test")
    ingested(settings, tmp_path, collection, "run-10", a=f"{FIRST}\n\n{THIRD}")
    digest(settings, collection)
    undo_writes(settings, UndoTarget(run="run-10"), by="a test")
    row = open_intake(settings).state_of(f"{collection}/a.md")
    assert row is not None
    rows = Ledger(open_intake(settings).engine).rows(row.document, state="written")
    assert {one.version for one in rows} == {row.version}
    digest(settings, collection)


def test_a_removed_document_comes_back_as_it_was(settings: Settings, collection: str, tmp_path: Path) -> None:
    intake, document = open_intake(settings), f"{collection}/a.md"
    ingested(settings, tmp_path, collection, "run-11", a=f"{FIRST}\n\n{SECOND} Of {collection}.", b=THIRD)
    before, row = digest(settings, collection), intake.state_of(document)
    receipt = remove(settings, document, by="a test")
    assert receipt is not None
    assert receipt.restorable_until is not None
    assert (receipt.bytes_removed, len(receipt.bytes_kept)) == ([], 1)
    assert any("documents restore" in line for line in receipt.stays)
    assert verify(settings, receipt.id).holds
    assert digest(settings, collection) != before
    assert is_removed(settings, document)
    restored = restore_removed(settings, document, by="a test")
    assert (restored.episodes, restored.bytes_there, restored.model_calls) == (2, True, 0)
    assert digest(settings, collection) == before
    assert row is not None
    assert intake.state_of(document) == replace(row, run_key=None)
    assert not verify(settings, receipt.id).holds
    with pytest.raises(UsageWrong, match="No copy"):
        restore_removed(settings, document, by="a test")


def test_a_removal_for_good_and_an_expired_one_keep_nothing(settings: Settings, collection: str, tmp_path: Path) -> None:
    intake = open_intake(settings)
    own = {name: f"{text}\n\nOf {collection}." for name, text in zip("abc", (FIRST, SECOND, THIRD), strict=True)}
    ingested(settings, tmp_path, collection, "run-12", **own)
    ingested(settings, tmp_path, collection, "run-13", a=f"{own['a']} More.")
    versions = {}
    for name in "abc":
        row = intake.state_of(f"{collection}/{name}.md")
        assert row is not None
        versions[name] = row.version
        receipt = remove(settings, row.document, by="a test", forget=name == "a")
        assert receipt is not None
        assert (receipt.restorable_until is None) == (name == "a")
    assert not is_removed(settings, f"{collection}/a.md")
    assert forget_removed(settings, f"{collection}/b.md", by="a test")
    assert erase_expired(settings, now=(datetime.now(UTC) + timedelta(days=13)).timestamp()) == 0
    assert is_removed(settings, f"{collection}/c.md")
    assert erase_expired(settings, now=(datetime.now(UTC) + timedelta(days=15)).timestamp()) > 0
    assert not is_removed(settings, f"{collection}/c.md")
    assert [name for name, version in versions.items() if version and intake.store.has(version)] == []
    with pytest.raises(UsageWrong, match="Nothing is known"):
        plan_undos(settings, UndoTarget(run="run-13"))


def test_a_copy_is_not_put_over_a_new_document(settings: Settings, collection: str, tmp_path: Path) -> None:
    ingested(settings, tmp_path, collection, "run-14", a=FIRST)
    remove(settings, f"{collection}/a.md", by="a test")
    ingested(settings, tmp_path, collection, "run-15", a=SECOND)
    with pytest.raises(Refused, match="a document again"):
        restore_removed(settings, f"{collection}/a.md", by="a test")


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
