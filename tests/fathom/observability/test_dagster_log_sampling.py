"""What Dagster is shown of the log: ends of stages and faults at once, of the rest so much that a long step is seen moving."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import pytest

from fathom.observability.dagster_log_sampling import EVERY_S, LOGGER, MAX_BURST
from fathom.observability.structured_logging import get_logger, stage

log = get_logger("fathom.test")


class Listener(logging.Handler):
    """As Dagster listens to a step."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that pass when the test says so."""
    now = [time.monotonic()]
    monkeypatch.setattr("fathom.observability.dagster_log_sampling.time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def step(clock: list[float]) -> Iterator[Listener]:
    """Somebody who listens to what is shown."""
    listener = Listener()
    logging.getLogger(LOGGER).addHandler(listener)
    yield listener
    logging.getLogger(LOGGER).removeHandler(listener)


def page(number: int) -> None:
    with stage("docling", document="a/b"):
        log.info("converted", sub_stage="page", metrics={"page": number})


def test_a_long_step_shows_a_line_every_few_seconds(step: Listener, clock: list[float]) -> None:
    for second in range(21):
        page(second)
        clock[0] += 1.0
    assert step.heard == [f"a/b: converted  page={second}" for second in (5, 10, 15, 20)]
    assert EVERY_S == 5.0


def test_a_step_of_hours_shows_no_more_lines_than_one_reads(step: Listener, clock: list[float]) -> None:
    for second in range(3 * 3600):
        page(second)
        clock[0] += 1.0
    assert 50 < len(step.heard) < 150


def test_ends_of_stages_are_shown_at_once_until_there_are_too_many(step: Listener, clock: list[float]) -> None:
    with stage("chunking", document="a/b"):
        for _ in range(50):
            log.info("done", sub_stage="complete")
    assert len(step.heard) == MAX_BURST
    clock[0] += EVERY_S
    page(1)
    assert len(step.heard) == MAX_BURST + 1


def test_every_warning_is_shown(step: Listener) -> None:
    with stage("graphiti", document="a/b"):
        for _ in range(50):
            log.warning("the graph is away")
            log.error("the graph is gone", sub_stage="failed")
    assert len(step.heard) == 100


def test_another_step_begins_anew(step: Listener) -> None:
    with stage("chunking", document="a/b"):
        for _ in range(50):
            log.info("done", sub_stage="complete")
        logging.getLogger(LOGGER).removeHandler(step)
        log.info("nobody hears this", sub_stage="complete")
        other = Listener()
        logging.getLogger(LOGGER).addHandler(other)
        log.info("done", sub_stage="complete")
        logging.getLogger(LOGGER).removeHandler(other)
    assert other.heard == ["a/b: done"]


def test_what_is_shown_is_heard_by_who_listens_to_all(step: Listener) -> None:
    everything = Listener()
    logging.getLogger("fathom").addHandler(everything)
    page(1)
    with stage("docling", document="a/b"):
        log.info("done", sub_stage="complete")
    logging.getLogger("fathom").removeHandler(everything)
    assert [line.split(":")[1].split()[0] for line in everything.heard] == ["converted", "done"]
    assert step.heard == ["a/b: done"]
