"""Queries of all processes are counted by the minute, and forgotten after an hour."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from fathom.graphdb.query.query_tally import QueryTally

NOW = 1_700_000_000.0


def test_the_last_hour_counts_and_what_is_older_does_not(tmp_path: Path) -> None:
    tally = QueryTally(tmp_path / "queries")
    for minutes_ago, seconds in ((122, 9.0), (61, 9.0), (60, 0.02), (1, 0.03), (0, 0.01)):
        tally.add(seconds, now=NOW - 60 * minutes_ago)
    found = tally.last_hour(now=NOW)
    assert (found.queries, found.seconds) == (3, pytest.approx(0.06))
    assert found.mean_ms == pytest.approx(20.0)
    assert tally.last_hour(now=NOW + 3 * 3600).mean_ms is None
    tally.close()


def test_no_count_is_lost_where_threads_and_processes_count_at_once(tmp_path: Path) -> None:
    file = tmp_path / "queries"

    def count() -> None:
        tally = QueryTally(file)
        for _ in range(200):
            tally.add(0.001, now=NOW)
        tally.close()

    child = os.fork()
    if child == 0:
        count()
        os._exit(0)
    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert os.waitpid(child, 0)[1] == 0
    assert QueryTally(file).last_hour(now=NOW).queries == 800


@pytest.mark.parametrize("content", [None, b"", b"\x01" * 10, b"\xff" * 4000])
def test_a_missing_or_damaged_file_counts_nothing_and_takes_counts_again(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "queries"
    if content is not None:
        file.write_bytes(content)
    tally = QueryTally(file)
    assert tally.last_hour(now=NOW).queries == 0
    tally.add(0.5, now=NOW)
    assert tally.last_hour(now=NOW).queries == 1
    tally.close()


def test_work_goes_on_where_nothing_can_be_counted(tmp_path: Path) -> None:
    tally = QueryTally(tmp_path / "no folder" / "queries")
    with pytest.raises(ValueError, match="of the work"), tally.timed():
        raise ValueError("of the work")
    assert tally.last_hour().queries == 0
