"""The check of lost text finds what is taken from converted documents, and fails on no whole one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluation.conversion_table import table
from tests.evaluation.planted_losses import (
    DOCUMENTS,
    GOAL,
    MAX_FALSE_ALARMS,
    documents,
    false_alarms,
    planted,
    rows_of_planted_losses,
)

pytestmark = [pytest.mark.evaluation, pytest.mark.timeout(3600)]


def test_planted_losses_are_found(corpora: Path) -> None:
    print(table(rows_of_planted_losses(corpora)))
    found = planted(corpora)
    assert len(documents(corpora)) == DOCUMENTS
    missed = [loss for loss in found if not loss.found]
    print("\n".join(f"missed: {loss.document}: {loss.loss}: {loss.text[:80]!r}" for loss in missed))
    assert len(missed) <= (1 - GOAL) * len(found)


def test_whole_documents_raise_no_alarm(corpora: Path) -> None:
    alarms = false_alarms(corpora)
    print("\n".join(alarms))
    assert len(alarms) <= MAX_FALSE_ALARMS * DOCUMENTS
