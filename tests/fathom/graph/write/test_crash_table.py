"""A writing process killed anywhere leaves what an undisturbed one would have made, once another went on; nothing twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from benchmarks.killing import Killing, spread
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.schema import ensure_schema

KILLS = 60
LEAST = 30
SECONDS = 40.0


@pytest.mark.integration
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("tables_are_copied")
def test_a_process_killed_at_any_point_loses_and_doubles_nothing(graph: GraphConnection, tmp_path: Path) -> None:
    ensure_schema(graph)
    killing = Killing(graph, tmp_path)
    points, wanted = killing.points()
    assert points > KILLS
    began = time.monotonic()
    chosen = spread(points, KILLS)
    some = chosen[::3] + chosen[1::3] + chosen[2::3]  # all over it, however many there is time for
    outcomes = []
    for point in some:
        outcomes.append(killing.killed_at(point))
        if len(outcomes) >= LEAST and time.monotonic() - began > SECONDS:
            break
    print(f"{len(outcomes)} of {points} points in {time.monotonic() - began:.0f} s")
    assert all(one.died for one in outcomes)
    assert [one for one in outcomes if (one.digest, one.differences, one.asked_again) != (wanted, 0, 0)] == []
