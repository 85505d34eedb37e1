"""Dates of a model's answer: moments where they can be read, their words where a moment says less, and never an end first."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.extraction.model import Fact
from fathom.extraction.response.fact_dates import END_FIRST, UNREAD, FactDates, fact_dates
from fathom.extraction.response.response_parser import parse_response
from fathom.extraction.response_schema import Vocabulary

TEXT = "Caesar conquered Gaul in 58 BC."


def day(year: int, month: int = 1, of_month: int = 1) -> datetime:
    return datetime(year, month, of_month, tzinfo=UTC)


def read(**said: Any) -> tuple[Fact, dict[str, int]]:
    fact = {"source": "Caesar", "relation": "CONQUERED", "target": "Gaul", "fact": TEXT, "quote": TEXT, **said}
    entities = [{"name": name, "type": "Thing"} for name in ("Caesar", "Gaul")]
    found = parse_response(json.dumps({"entities": entities, "facts": [fact]}), TEXT, Vocabulary())
    (one,) = found.extraction.facts
    return one, {why: count for why, count in found.dropped.items() if count}


@pytest.mark.case(67)
@pytest.mark.parametrize(
    ("begins", "moment", "words"),
    [
        ("c. 1850", day(1850), "c. 1850"),
        ("May 2011", day(2011, 5), "May 2011"),
        ("2021-Q3", day(2021, 7), "2021-Q3"),
        (1998, day(1998), "1998"),
        (1998.0, day(1998), "1998"),
        ({"year": 2011, "month": 5, "day": None}, day(2011, 5), "2011-05"),
        (["1998"], day(1998), "1998"),
        ("2011-05-04", day(2011, 5, 4), None),
    ],
)
def test_a_beginning_is_the_first_day_of_its_date_which_keeps_its_words(
    begins: Any, moment: datetime, words: str | None
) -> None:
    fact, dropped = read(valid_at=begins, invalid_at=None)
    assert (fact.valid_at, fact.valid_at_said, dropped) == (moment, words, {})


@pytest.mark.case(67)
@pytest.mark.parametrize("words", ["58 BC", "-0057-01-01", "the year after", "before 1850", "31 February 2020"])
def test_a_date_that_cannot_be_read_is_kept_in_its_words_and_counted(words: str) -> None:
    fact, dropped = read(valid_at=words, invalid_at=words)
    assert (fact.valid_at, fact.valid_at_said, fact.invalid_at, fact.invalid_at_said) == (None, words, None, words)
    assert dropped == {UNREAD: 2}


@pytest.mark.case(67)
@pytest.mark.parametrize("period", ["1998/2011", "1998-2011", "from 1998 to 2011", [1998, 2011], "1998 – 2011"])
def test_a_period_in_the_place_of_a_beginning_has_both(period: Any) -> None:
    assert fact_dates(period, None) == FactDates(day(1998), day(2011), "1998", "2011")
    assert fact_dates(None, period) == FactDates(day(1998), day(2011), "1998", "2011")


@pytest.mark.case(68)
@pytest.mark.parametrize(
    "nothing",
    [
        *("0001-01-01", "9999-12-31", "9999-12-31T23:59:59Z", "9999", 9999, "1900-01-00", "0001-01-01T00:00:00", "12/31/9999"),
        *("", "null", "N/A", "unknown", "present", "ongoing", "-", "infinity", None, True, {}, "99991231"),
    ],
)
def test_what_stands_for_unknown_or_open_is_no_date(nothing: Any) -> None:
    fact, dropped = read(valid_at=nothing, invalid_at=nothing)
    assert (fact.valid_at, fact.invalid_at) == (None, None)
    assert (dropped, fact.valid_at_said, fact.invalid_at_said) == ({}, None, None)


@pytest.mark.case(76)
def test_only_an_end_is_told() -> None:
    fact, _ = read(valid_at=None, invalid_at="March 2025")
    assert (fact.valid_at, fact.invalid_at, fact.invalid_at_said) == (None, day(2025, 3), "March 2025")


def test_an_end_that_may_be_before_its_beginning_is_its_last_day() -> None:
    assert fact_dates("2021-05-03", "2021") == FactDates(day(2021, 5, 3), day(2021, 12, 31), None, "2021")
    assert fact_dates("May 2011", "May 2011") == FactDates(day(2011, 5), day(2011, 5), "May 2011", "May 2011")


def test_an_end_that_is_before_its_beginning_stays_in_its_words() -> None:
    assert fact_dates("2011", "May 1998") == FactDates(day(2011), None, "2011", "May 1998", (END_FIRST,))
    assert fact_dates("2011-05-04", "2011-05-03") == FactDates(day(2011, 5, 4), None, None, "2011-05-03", (END_FIRST,))


SAID = st.sampled_from(["1998", "May 2011", "c. 1850", "the 1990s", "58 BC", "2011-05-04", "9999", "2011", "1998/2011", "soon"])


@given(SAID | st.integers() | st.text(max_size=40) | st.none(), SAID | st.floats() | st.text(max_size=40) | st.none())
def test_no_interval_ends_before_it_begins(begins: Any, ends: Any) -> None:
    told = fact_dates(begins, ends)
    assert not (told.valid_at and told.invalid_at and told.invalid_at < told.valid_at)
    assert (UNREAD in told.faults) <= bool(told.valid_at_said or told.invalid_at_said)
