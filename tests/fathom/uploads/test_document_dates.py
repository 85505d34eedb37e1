"""A version of a document has the date that counts most of those that are given for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.errors import UsageWrong
from fathom.uploads import repository
from fathom.uploads.document_dates import (
    DocumentDate,
    date_in_name,
    date_of,
    dates_of,
    given_date,
    note_date,
    note_own_date,
    shown_date,
)

pytestmark = pytest.mark.case(80)


def day(year: int, month: int = 1, of_month: int = 1) -> datetime:
    return datetime(year, month, of_month, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{tmp_path / 'dates.sqlite'}")
    yield opened
    opened.dispose()


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("2021-05-04_minutes.pdf", day(2021, 5, 4)),
        ("minutes 20210504.docx", day(2021, 5, 4)),
        ("c/board/IMG_20210504_101112.jpg", day(2021, 5, 4)),
        ("2021.05.04.notes.md", day(2021, 5, 4)),
        ("4.5.2021 Protokoll.odt", day(2021, 5, 4)),
        ("minutes_4_May_2021.txt", day(2021, 5, 4)),
        ("sept-4-2021.md", day(2021, 9, 4)),
        ("May 2011.md", day(2011, 5)),
        ("report-2021-05.md", day(2021, 5)),
        ("Q3_2020.xlsx", day(2020, 7)),
        ("2020-Q3.pdf", day(2020, 7)),
        ("Report_2021.pdf", day(2021)),
        ("notes.md", None),
        ("ISO-9001.pdf", None),
        ("v1.2.3.md", None),
        ("12345678.pdf", None),
        ("2021-13-45.pdf", day(2021)),
    ],
)
def test_the_date_in_a_name(name: str, at: datetime | None) -> None:
    found = date_in_name(name)
    assert (found.at if found else None) == at


@pytest.mark.parametrize("said", ["2019-05-04", "May 2019", "2019", "2019-05-04T10:00:00Z", "4.5.2019", "Q2 2019"])
def test_somebody_gives_a_date(said: str) -> None:
    assert given_date(said).at.year == 2019


@pytest.mark.parametrize("said", ["soon", "58 BC", "2019-13-01", "9999-12-31"])
def test_what_is_no_date_is_refused_by_name(said: str) -> None:
    with pytest.raises(UsageWrong, match="is no date"):
        given_date(said)


def test_what_was_given_counts_most_whichever_came_first(engine: Engine) -> None:
    given, own = DocumentDate(day(2019), "given"), DocumentDate(day(2021), "PDF metadata")
    for first, second, document in ((given, own, "c/a"), (own, given, "c/b")):
        note_date(engine, document, "v", first)
        note_date(engine, document, "v", second)
        assert date_of(engine, document, "v") == given
    assert date_of(engine, "c/a", "another version") is None
    assert set(dates_of(engine, [("c/a", "v"), ("c/b", "w"), ("c/d", None)])) == {"c/a"}
    repository.forget(engine, "c/a")
    assert date_of(engine, "c/a", "v") is None


def test_a_files_own_date_is_kept_with_what_says_it(engine: Engine) -> None:
    found = note_own_date(engine, "c/2001-01-01.pdf", "v", DocumentDate(day(2019), "PDF metadata"))
    assert found == date_of(engine, "c/2001-01-01.pdf", "v") == DocumentDate(day(2019), "PDF metadata")
    assert shown_date(found) == {"document_date": day(2019), "document_date_from": "PDF metadata"}
    assert note_own_date(engine, "c/2001-01-01.md", "v", None) is None  # its name says a date only where the settings say so
