"""A sentence says from when its fact holds and until when; what is no date says nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fathom.language.dates import validity


def day(year: int, month: int = 1, of_month: int = 1) -> datetime:
    """Midnight UTC."""
    return datetime(year, month, of_month, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sentence", "since", "until"),
    [
        ("She joined on 3 May 2021.", day(2021, 5, 3), None),
        ("She joined on May 3rd, 2021.", day(2021, 5, 3), None),
        ("She joined on 2021-05-03.", day(2021, 5, 3), None),
        ("She joined in May 2021.", day(2021, 5), None),
        ("She has led it since 2004.", day(2004), None),
        ("She led it until 2010.", None, day(2010)),
        ("She led it until 3 May 2010.", None, day(2010, 5, 3)),
        ("She led it from 1998 to 2011.", day(1998), day(2011)),
        ("She led it from 1998 until 2011.", day(1998), day(2011)),
        ("She led it between 1998 and 2011.", day(1998), day(2011)),
        ("Its director (1998–2011) died.", day(1998), day(2011)),
        ("She had left before 2010.", None, day(2010)),
        ("She led it from May 1998 to 3 June 2003.", day(1998, 5), day(2003, 6, 3)),
        ("She led it from March 4, 1849 until March 3, 1851.", day(1849, 3, 4), day(1851, 3, 3)),
        ("Its director (May 1998 – June 2003) died.", day(1998, 5), day(2003, 6)),
        ("She led it from 1998-2003.", day(1998), day(2003)),
        ("Its director (2011-present) spoke in 2015.", day(2011), None),
        ("She has led it from 2011 to the present.", day(2011), None),
        ("It was to be ready by 2010.", None, None),
        ("From 2011 to 1998, they counted down.", day(2011), None),
        ("On 31 February 2020 nothing happened.", None, None),
        ("It has 1998 seats.", None, None),
        ("", None, None),
    ],
)
def test_validity(sentence: str, since: datetime | None, until: datetime | None) -> None:
    assert validity(sentence) == (since, until)
