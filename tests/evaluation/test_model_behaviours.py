"""A few documents go through the whole pipeline while the language model's server misbehaves at random."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluation import server_behaviours
from tests.evaluation.model_behaviours import phases, run

MIN_BEHAVIOURS = 60


def test_there_are_enough_behaviours() -> None:
    assert len(server_behaviours.all_behaviours()) >= MIN_BEHAVIOURS


def test_phases_have_both_wire_formats_and_faults_of_all_kinds() -> None:
    dealt = phases(20, 15)
    assert {one.wire for one in dealt} == {server_behaviours.CHAT, server_behaviours.MESSAGES}
    assert {one.incident[0] for one in dealt if one.incident} == {"account", "settings", "budget"}
    assert [one.incident for one in phases(20, 15)] == [one.incident for one in dealt]


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_documents_end_by_their_right_cause_and_cost_what_the_server_counts(tmp_path: Path) -> None:
    found = run(10, 15, tmp_path, a_phase=2)
    assert found.broken == []
    assert sum(found.documents.values()) == 10
    assert found.pauses
    assert found.requests["answered"] >= found.chunks - sum(found.quarantined.values())
