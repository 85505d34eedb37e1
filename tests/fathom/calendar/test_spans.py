"""Dates as people, programs and models write them are read as the days they may mean, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.calendar.spans import MAX_LENGTH, period_of, span_of


@pytest.mark.case(67, 104)
@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("1998", "1998-01-01", "1998-12-31"),
        ("2011-05", "2011-05-01", "2011-05-31"),
        ("2015-06", "2015-06-01", "2015-06-30"),
        ("2011-05-04", "2011-05-04", "2011-05-04"),
        ("20210504", "2021-05-04", "2021-05-04"),
        ("2021-00-00", "2021-01-01", "2021-12-31"),
        ("2021-05-04T10:00:00+02:00", "2021-05-04", "2021-05-04"),
        ("Tue, 04 May 2021 10:00:00 +0200", "2021-05-04", "2021-05-04"),
        ("May 4th, 2021 at 10:00 pm", "2021-05-04", "2021-05-04"),
        ("c. 1850", "1850-01-01", "1850-12-31"),
        ("circa 1850", "1850-01-01", "1850-12-31"),
        ("ca. 1850", "1850-01-01", "1850-12-31"),
        ("1850?", "1850-01-01", "1850-12-31"),
        ("approximately 1850", "1850-01-01", "1850-12-31"),
        ("May 2011", "2011-05-01", "2011-05-31"),
        ("Sept. 4, 2021", "2021-09-04", "2021-09-04"),
        ("Jan 2020", "2020-01-01", "2020-01-31"),
        ("4. Mai 2021", "2021-05-04", "2021-05-04"),
        ("März 2020", "2020-03-01", "2020-03-31"),
        ("1er mai 1981", "1981-05-01", "1981-05-01"),
        ("le 3 août 1930", "1930-08-03", "1930-08-03"),
        ("3 de mayo de 1968", "1968-05-03", "1968-05-03"),
        ("4-May-2021", "2021-05-04", "2021-05-04"),
        ("4.5.2021", "2021-05-04", "2021-05-04"),
        ("25/04/2021", "2021-04-25", "2021-04-25"),
        ("04/25/2021", "2021-04-25", "2021-04-25"),
        ("05/04/2021", "2021-04-05", "2021-05-04"),
        ("05/2011", "2011-05-01", "2011-05-31"),
        ("2011年5月4日", "2011-05-04", "2011-05-04"),
        ("٢٠٢١", "2021-01-01", "2021-12-31"),
        ("2021-Q3", "2021-07-01", "2021-09-30"),
        ("Q3 2020", "2020-07-01", "2020-09-30"),
        ("third quarter of 2020", "2020-07-01", "2020-09-30"),
        ("3. Quartal 2020", "2020-07-01", "2020-09-30"),
        ("H2 2020", "2020-07-01", "2020-12-31"),
        ("early 2018", "2018-01-01", "2018-04-30"),
        ("mid-2018", "2018-05-01", "2018-08-31"),
        ("Ende 2018", "2018-09-01", "2018-12-31"),
        ("mid-1990s", "1993-01-01", "1996-12-31"),
        ("late May 2011", "2011-05-21", "2011-05-31"),
        ("the 1990s", "1990-01-01", "1999-12-31"),
        ("1990er Jahre", "1990-01-01", "1999-12-31"),
        ("201X", "2010-01-01", "2019-12-31"),
        ("19th century", "1801-01-01", "1900-12-31"),
        ("19. Jahrhundert", "1801-01-01", "1900-12-31"),
        ("XIXe siècle", "1801-01-01", "1900-12-31"),
        ("spring 2019", "2019-03-01", "2019-05-31"),
        ("winter 2019/20", "2019-12-01", "2020-02-29"),
        ("Sommer 2019", "2019-06-01", "2019-08-31"),
        ("FY2020", "2020-01-01", "2020-12-31"),
        ("2020/21", "2020-01-01", "2021-12-31"),
        ("79 AD", "0079-01-01", "0079-12-31"),
        ("in the year 800", "0800-01-01", "0800-12-31"),
    ],
)
def test_a_date_is_the_days_it_may_mean(said: str, first: str, last: str) -> None:
    span = span_of(said)
    assert span is not None
    assert (str(span.first), str(span.last)) == (first, last)


@pytest.mark.case(67)
@pytest.mark.parametrize(
    "said",
    [
        *("-0057-01-01", "58 BC", "44 B.C.E.", "52 v. Chr.", "av. J.-C. 52", "last year", "two years ago", "before 1850"),
        *("2015-13", "31 February 2020", "2020-02-30", "10000-01-01", "2021-21", "May", "12", "", "soon", "x" * 5000, "0000"),
    ],
)
def test_what_is_no_day_of_the_calendar_is_not_read(said: str) -> None:
    assert span_of(said) is None


@pytest.mark.case(67)
@pytest.mark.parametrize(
    ("said", "both"),
    [
        ("1998/2011", ("1998", "2011")),
        ("1998-2011", ("1998", "2011")),
        ("1998 – 2011", ("1998", "2011")),
        ("from 1998 to 2011", ("1998", "2011")),
        ("May 2010 to June 2011", ("may 2010", "june 2011")),
        ("May to June 2011", ("may 2011", "june 2011")),
        ("1914-18", ("1914", "1918")),
        ("zwischen 1998 und 2011", ("1998", "2011")),
        ("2011-05-04/2012-01-01", ("2011-05-04", "2012-01-01")),
        ("2011-05", None),
        ("05/2011", None),
        ("2011-05-04", None),
        ("1998", None),
        ("58 BC to 50 BC", None),
    ],
)
def test_a_period_is_its_two_dates(said: str, both: tuple[str, str] | None) -> None:
    assert (period_of(said) if span_of(said) is None else None) == both


@given(st.text(max_size=2 * MAX_LENGTH) | st.from_regex(r"[\w./, -]{0,30}\d{1,4}[\w./, -]{0,20}", fullmatch=True))
def test_whatever_is_written_is_read_in_order_or_not(said: str) -> None:
    span = span_of(said)
    assert span is None or (span.first <= span.last and span.begins <= span.ends and 1 < span.first.year < 9999)
    period_of(said)
