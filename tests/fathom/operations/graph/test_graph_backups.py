"""A deployment's backups: made, listed, proven, restored, expired; and a clear that keeps what it deletes in one."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from fathom.database import open_database
from fathom.deployment.graph_component import GraphComponent
from fathom.errors import BackupMissing, CollectionOccupied, PassphraseMissing, UsageWrong
from fathom.graph.backup.backup_catalog import BackupDescription
from fathom.ledger.episode_ledger import Ledger
from fathom.operations.graph.clear_graph import CONFIRMATION_CODE, BackupNotProven, ConfirmationMissing, clear, plan_clear
from fathom.operations.graph.graph_backups import (
    BackupRequest,
    RestoreRequest,
    back_up,
    expire_backups,
    open_catalog,
    prove,
    restore,
)
from fathom.operations.graph.graph_imports import import_graph
from fathom.security.audit_log import AuditFilter, list_lines
from fathom.settings import Settings
from fathom.tables import uploads
from fathom.uploads.content_store import open_store
from fathom.uploads.intake import open_intake
from fathom.uploads.paused_collections import paused

pytestmark = pytest.mark.integration
PEOPLE = {
    "nodes": [{"id": name, "type": "Person"} for name in ("Ada Moreno", "Ben Okri", "Cleo Voss")],
    "edges": [{"source": "Ada Moreno", "target": name, "relation": "knows"} for name in ("Ben Okri", "Cleo Voss")],
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A home whose graph runs and holds two collections."""
    made = Settings(home=tmp_path_factory.mktemp("b"), graph_uri=None)
    part = GraphComponent(made)
    part.start()
    people = made.home / "people.json"
    people.write_text(json.dumps(PEOPLE))
    for collection in ("one", "two"):
        import_graph(made, people, collection)
    yield made
    part.stop()


@pytest.fixture
def made(settings: Settings) -> BackupDescription:
    """A backup of the collection `one`."""
    return back_up(settings, BackupRequest(collection="one"))


def documents(settings: Settings, collection: str) -> list[str]:
    """The documents of the collection."""
    return [row.document for row in open_intake(settings).list(collection=collection)]


def test_it_is_listed_and_proven(settings: Settings, made: BackupDescription) -> None:
    assert made in open_catalog(settings).backups()
    assert Path(made.path).stat().st_size == made.size_bytes
    assert prove(settings, made.backup_id).proven
    assert open_catalog(settings).find(made.backup_id).proof is not None
    with pytest.raises(BackupMissing):
        prove(settings, "20200101T000000Z-0000")
    with pytest.raises(UsageWrong, match="no collection three"):
        back_up(settings, BackupRequest(collection="three"))


def test_a_copy_has_documents_ledger_and_digest_of_its_own(settings: Settings, made: BackupDescription) -> None:
    with pytest.raises(CollectionOccupied):
        restore(settings, RestoreRequest(backup=made.backup_id))
    done = restore(settings, RestoreRequest(backup=made.backup_id, collection="copy"))
    assert (done.digest, done.model_calls, done.embeddings_computed) == (made.digest, 0, 0)
    assert documents(settings, "copy") == [name.replace("one/", "copy/") for name in documents(settings, "one")]
    ledger = Ledger(open_database(settings.operational_url))
    assert {row.state for row in ledger.rows(collection="copy")} == {"written"}
    assert back_up(settings, BackupRequest(collection="copy")).digest == made.digest
    clear(settings, "copy", confirmation_code=CONFIRMATION_CODE, backup_first=False)


def test_what_is_cleared_is_in_a_proven_backup_and_comes_back(settings: Settings, made: BackupDescription) -> None:
    with pytest.raises(ConfirmationMissing):
        clear(settings, "one", confirmation_code="yes")
    plan = plan_clear(settings, "one")
    assert (plan.nodes, plan.relationships, plan.documents) == (made.nodes, made.relationships, 1)
    names = documents(settings, "one")
    done = clear(settings, "one", confirmation_code=CONFIRMATION_CODE)
    assert (done.deleted.nodes, done.deleted.relationships) == (made.nodes, made.relationships)
    assert done.backup_export_id is not None
    assert documents(settings, "one") == []
    assert documents(settings, "two")
    back = restore(settings, RestoreRequest(backup=done.backup_export_id))
    assert back.digest == made.digest
    assert documents(settings, "one") == names
    engine = open_database(settings.operational_url)
    assert paused(engine) == {}
    outcomes = [(line.action, line.outcome) for line in list_lines(engine, AuditFilter(action="graph"), limit=50)]
    for action in ("graph.clear", "graph.restore"):
        assert {(action, "begun"), (action, "done")} <= set(outcomes)


def test_nothing_is_cleared_where_the_backup_is_not_proven(
    settings: Settings, made: BackupDescription, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fathom.operations.graph import clear_graph

    def unproven(of: Settings, backup_id: str):  # type: ignore[no-untyped-def]
        return prove(of, backup_id).model_copy(update={"proven": False, "detail": "another digest"})

    monkeypatch.setattr(clear_graph, "prove_own", unproven)
    with pytest.raises(BackupNotProven, match="another digest"):
        clear(settings, "one", confirmation_code=CONFIRMATION_CODE)
    assert back_up(settings, BackupRequest(collection="one")).digest == made.digest


def test_all_is_replaced_by_a_backup_of_all(settings: Settings) -> None:
    whole = back_up(settings, BackupRequest())
    clear(settings, "two", confirmation_code=CONFIRMATION_CODE, backup_first=False)
    with pytest.raises(CollectionOccupied):
        restore(settings, RestoreRequest(backup=whole.backup_id))
    back = restore(settings, RestoreRequest(backup=whole.path, replace=True))
    assert (back.digest, back.collections) == (whole.digest, ["one", "two"])
    assert back.replaced is not None
    assert documents(settings, "two")


def test_an_encrypted_backup_needs_its_passphrase(settings: Settings) -> None:
    locked = back_up(settings, BackupRequest(collection="two", passphrase="open sesame"))
    assert locked.encrypted
    with pytest.raises(PassphraseMissing):
        restore(settings, RestoreRequest(backup=locked.backup_id, collection="copy"))
    done = restore(settings, RestoreRequest(backup=locked.backup_id, collection="copy", passphrase="open sesame"))
    assert done.digest == locked.digest
    clear(settings, "copy", confirmation_code=CONFIRMATION_CODE, backup_first=False)


def test_an_incremental_backup_has_only_new_content_and_restores_with_its_base(settings: Settings) -> None:
    folder, store = str(settings.home / "elsewhere"), open_store(settings)
    kept = store.keep(io.BytesIO(random.Random(1).randbytes(200_000)))
    with open_database(settings.operational_url).begin() as connection:
        connection.execute(uploads.update().where(uploads.c.collection == "one").values(version=kept.version))
    first = back_up(settings, BackupRequest(collection="one", to=folder))
    second = back_up(settings, BackupRequest(collection="one", to=folder, incremental=True))
    assert second.based_on == first.backup_id
    assert first.size_bytes > kept.size > second.size_bytes
    store.forget(kept.version)
    done = restore(settings, RestoreRequest(backup=second.path, collection="copy"))
    assert done.digest == first.digest
    assert store.has(kept.version)
    clear(settings, "copy", confirmation_code=CONFIRMATION_CODE, backup_first=False)
    assert store.has(kept.version)  # the original has it still


def test_old_backups_go_and_the_newest_three_stay(settings: Settings, made: BackupDescription) -> None:
    catalog = open_catalog(settings)
    for backup in catalog.backups():
        catalog.describe(backup.model_copy(update={"created_at": backup.created_at - 100 * 86400}))
    before = catalog.backups()
    assert sorted(expire_backups(settings)) == sorted(backup.backup_id for backup in before[3:])
    assert [backup.backup_id for backup in catalog.backups()] == [backup.backup_id for backup in before[:3]]
