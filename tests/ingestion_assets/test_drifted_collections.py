"""The asset looks at each collection and fails the checks of those that drifted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import dagster as dg
import pytest

from fathom.database import open_database
from fathom.errors import GraphUnreachable
from fathom.quality.drift import collection_drift as module
from fathom.quality.drift.document_profile import DocumentProfile
from fathom.settings import Settings
from fathom.tables import episodes, uploads
from ingestion_assets.drifted_collections import drifted_collections

CODE = {"letters": "en", "lettres": "fr"}


def read(_: Settings, documents: Sequence[str]) -> list[DocumentProfile]:
    """The language is that of the file's name."""
    return [DocumentProfile(one, {"languages": {CODE[one.partition("/")[2].partition("-")[0]]: 1}}) for one in documents]


def refused(_: Settings, documents: Sequence[str]) -> list[DocumentProfile]:
    raise GraphUnreachable(f"No answer for {len(documents)} documents.")


def write(settings: Settings, collection: str, names: Sequence[str]) -> None:
    made = {"version": "v", "chunk": "c", "position": 0, "state": "written", "chunker": "c", "prompt": "p", "model": "m"}
    rows = [
        {"uuid": f"{collection}-{name}", "collection": collection, "document": f"{collection}/{name}", **made}
        | {"embedder": "e", "planned_at": 0.0, "updated_at": 0.0, "written_at": float(number)}
        for number, name in enumerate(names)
    ]
    upload = {"document": f"{collection}/x", "collection": collection, "path": "x", "size": 1, "mtime_ns": 1}
    with open_database(settings.operational_url).begin() as connection:
        connection.execute(episodes.insert(), rows)
        connection.execute(uploads.insert().values(**upload, state="done", updated_at=0.0))


def names(word: str, count: int) -> list[str]:
    return [f"{word}-{number}.txt" for number in range(count)]


def test_the_collection_that_drifted_is_named_in_its_check(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home_settings, "calm", names("letters", 80))
    write(home_settings, "new", [*names("letters", 50), *names("lettres", 30)])
    write(home_settings, "small", names("letters", 3))
    monkeypatch.setattr(module, "collection_drift", partial(module.collection_drift, read=read))
    done = dg.materialize([drifted_collections])
    checks = {check.check_name: check for check in done.get_asset_check_evaluations()}
    assert [name for name, check in checks.items() if not check.passed] == ["no_drift_of_languages"]
    assert "new, by jensen-shannon distance" in (checks["no_drift_of_languages"].description or "")
    (made,) = done.asset_materializations_for_node("collection_drift")
    assert (made.metadata["drifted"].value, made.metadata["waiting"].value) == ("new", "small")
    assert made.metadata["looked_at"].value == 2


def test_a_graph_that_is_away_fails_the_run_by_its_name(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home_settings, "calm", names("letters", 80))
    monkeypatch.setattr(module, "collection_drift", partial(module.collection_drift, read=refused))
    with pytest.raises(dg.Failure, match="No answer"):
        dg.materialize([drifted_collections])
