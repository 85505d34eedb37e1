"""A graph that goes away while a document is written is started again as often as it takes, within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from benchmarks.material import chunk_set
from fathom.errors import GraphUnreachable
from fathom.graph.write.write_report import WriteReport
from fathom.settings import Settings
from resources import graph as graph_resource
from resources.graph import REVIVALS, GraphResource

AT = datetime(2024, 5, 6, tzinfo=UTC)
WRITTEN = WriteReport.model_construct(
    written=1, unchanged=0, failures=[], entities=0, facts=0, seconds_extracting=0.0, seconds_writing=0.0, model="m"
)


class LeavingGraph:
    """Is away for so many writes; whether it can be started is said start by start."""

    def __init__(self, outages: int, starts: Sequence[bool] = ()) -> None:
        self.outages, self.starts, self.started, self.closed = outages, list(starts), 0, 0

    def write(self, *_: Any, **__: Any) -> WriteReport:
        if self.outages:
            self.outages -= 1
            raise GraphUnreachable("It was killed.")
        return WRITTEN

    def start(self) -> str:
        self.started += 1
        if self.starts and not self.starts.pop(0):
            raise GraphUnreachable("It was killed as it started.")
        return "started"

    def close(self) -> None:
        self.closed += 1


def written(leaving: LeavingGraph, monkeypatch: pytest.MonkeyPatch) -> WriteReport:
    monkeypatch.setattr(graph_resource, "GraphComponent", lambda settings: leaving)
    resource = GraphResource()
    resource._writer = leaving  # type: ignore[assignment]
    return resource.write(chunk_set("c/a.md", ["one"]), accepted_at=AT)


def test_two_outages_of_one_document_are_gone_through(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    leaving = LeavingGraph(2)
    assert written(leaving, monkeypatch) is WRITTEN
    assert (leaving.started, leaving.closed) == (2, 2)


def test_a_graph_that_is_killed_as_it_starts_is_started_again(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    leaving = LeavingGraph(1, [False, True])
    assert written(leaving, monkeypatch) is WRITTEN
    assert leaving.started == 2


def test_one_that_does_not_stay_is_given_up(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    leaving = LeavingGraph(99)
    with pytest.raises(GraphUnreachable):
        written(leaving, monkeypatch)
    assert leaving.started == REVIVALS


def test_one_that_runs_elsewhere_is_not_started(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    leaving = LeavingGraph(1)
    monkeypatch.setattr(graph_resource, "settings", lambda: home_settings.model_copy(update={"graph_uri": "bolt://x:1"}))
    with pytest.raises(GraphUnreachable):
        written(leaving, monkeypatch)
    assert leaving.started == 0
