"""The ledger keeps every episode's state, and lets none be lost or come back by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from fathom.database import episodes, open_database
from fathom.ledger.ledger import Ledger, Makers, Planned

MAKERS = Makers(chunker="c1", prompt="p1", model="m1", embedder="e1")
DOCUMENT = "c/a.pdf"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    engine = open_database(f"sqlite:///{tmp_path / 'fathom.db'}")
    yield Ledger(engine)
    engine.dispose()


def plan(ledger: Ledger, *uuids: str, version: str = "v1") -> None:
    ledger.plan(DOCUMENT, version, [Planned(uuid, f"chunk-{uuid}", n) for n, uuid in enumerate(uuids)], MAKERS)


def row(ledger: Ledger, uuid: str) -> sa.Row:
    with ledger._engine.connect() as connection:
        return connection.execute(sa.select(episodes).where(episodes.c.uuid == uuid)).one()


def test_a_planned_chunk_has_a_row_with_what_makes_it(ledger: Ledger) -> None:
    plan(ledger, "a")
    found = row(ledger, "a")
    assert (found.state, found.collection, found.document, found.chunk) == ("planned", "c", DOCUMENT, "chunk-a")
    assert (found.chunker, found.prompt, found.model, found.embedder) == ("c1", "p1", "m1", "e1")


def test_planning_again_leaves_what_is_written_written(ledger: Ledger) -> None:
    plan(ledger, "a", "b")
    ledger.mark_written("a", entities=3, facts=2)
    plan(ledger, "b", "a", version="v2")
    assert ledger.states(DOCUMENT) == {"a": "written", "b": "planned"}
    assert (row(ledger, "a").version, row(ledger, "a").position) == ("v2", 1)


def test_what_an_extraction_cost_adds_up_over_tries(ledger: Ledger) -> None:
    plan(ledger, "a")
    for _ in range(2):
        ledger.mark_extracted("a", tokens_in=10, tokens_out=5, cost_usd=0.5)
    found = row(ledger, "a")
    assert (found.state, found.tokens_in, found.tokens_out, found.cost_usd) == ("extracted", 20, 10, 1.0)


def test_a_failed_episode_says_why_and_can_be_planned_again(ledger: Ledger) -> None:
    plan(ledger, "a")
    ledger.mark_failed("a", "GraphUnreachable")
    assert (row(ledger, "a").state, row(ledger, "a").reason, row(ledger, "a").attempts) == ("failed", "GraphUnreachable", 1)
    plan(ledger, "a")
    assert ledger.states(DOCUMENT) == {"a": "planned"}


def test_a_late_failure_does_not_undo_what_is_written(ledger: Ledger) -> None:
    plan(ledger, "a")
    ledger.mark_written("a", entities=1, facts=0)
    ledger.mark_failed("a", "late")
    assert ledger.states(DOCUMENT) == {"a": "written"}


def test_a_removed_episode_comes_back_only_by_being_planned(ledger: Ledger) -> None:
    plan(ledger, "a")
    ledger.mark_written("a", entities=1, facts=0)
    ledger.mark_removed(["a"], "chunk is gone")
    ledger.mark_written("a", entities=1, facts=0)
    assert ledger.states(DOCUMENT) == {"a": "removed"}
    plan(ledger, "a")
    assert ledger.states(DOCUMENT) == {"a": "planned"}


def test_thousands_of_episodes_are_planned_and_removed_at_once(ledger: Ledger) -> None:
    uuids = [f"u{n}" for n in range(2500)]
    plan(ledger, *uuids)
    plan(ledger, *uuids)
    ledger.mark_removed(uuids, "gone")
    assert set(ledger.states(DOCUMENT).values()) == {"removed"}
    assert len(ledger.states(DOCUMENT)) == 2500
