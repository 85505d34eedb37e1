"""Parts that are killed or stopped during a batch: the status says so in time, and the batch is over by itself.

`python -m tests.attack faults` does so with every part.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.batches import Batches, running_deployment
from tests.attack.faults import make_fault
from tests.attack.full_disk import MountRefused, run

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

DOCUMENTS = 6


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Batches]:
    with running_deployment(tmp_path_factory.mktemp("f") / "home") as made:
        yield made


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ("dagster-daemon", "stopped"),
        ("run worker", "killed"),
        ("converter", "stopped"),
        ("graph", "stopped"),
        ("supervisor", "killed"),
    ],
)
def test_a_fault_during_a_batch_is_seen_and_costs_nothing(batches: Batches, part: str, fault: str) -> None:
    outcome = make_fault(batches, part, fault, DOCUMENTS)
    assert outcome.fine, outcome


def test_a_disk_that_is_full_three_times_in_a_row_costs_nothing(tmp_path: Path) -> None:
    try:
        rounds = run(tmp_path / "disk", rounds=3, documents=3, full_for_s=10.0)
    except MountRefused as refused:
        pytest.skip(str(refused))
    assert [one for one in rounds if not one.fine] == []
