"""Ticks of time are round, within the time, and never too many."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.quality.plots.time_ticks import DAY_S, HOUR_S, MINUTE_S, tick_words, time_ticks

NOON = datetime(2026, 3, 4, 12, 7, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("span", "at_most", "words"),
    [
        (HOUR_S, 5, ["11:15", "11:30", "11:45", "12:00"]),
        (DAY_S, 9, ["15:00", "18:00", "21:00", "4 Mar", "03:00", "06:00", "09:00", "12:00"]),
        (7 * DAY_S, 7, ["26 Feb", "27 Feb", "28 Feb", "1 Mar", "2 Mar", "3 Mar", "4 Mar"]),
        (365 * DAY_S, 13, ["Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "2026", "Feb", "Mar"]),
    ],
)
def test_the_ticks_of_each_range_are_round(span: float, at_most: int, words: list[str]) -> None:
    assert [tick_words(at, span) for at in time_ticks(NOON - span, NOON, at_most)] == words


@given(
    until=st.floats(min_value=1e8, max_value=4e9),
    span=st.floats(min_value=5 * MINUTE_S, max_value=20 * 365 * DAY_S),
    at_most=st.integers(min_value=2, max_value=20),
)
def test_ticks_are_within_the_time_in_order_and_few(until: float, span: float, at_most: int) -> None:
    ticks = time_ticks(until - span, until, at_most)
    assert len(ticks) <= at_most
    assert ticks == sorted(set(ticks))
    assert all(until - span <= at <= until for at in ticks)
    assert all(at % MINUTE_S == 0 for at in ticks)
