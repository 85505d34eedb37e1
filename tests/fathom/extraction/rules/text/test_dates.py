"""A sentence says from when its fact holds and until when; what is no date says nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fathom.extraction.rules.text.dates import ENGLISH, FRENCH


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
        pytest.param("She joined on Sept. 4, 2021.", day(2021, 9, 4), None, marks=pytest.mark.case(104)),
        pytest.param("She joined in Jan 2020.", day(2020), None, marks=pytest.mark.case(104)),
        pytest.param("She joined in Dec. 2020.", day(2020, 12), None, marks=pytest.mark.case(104)),
        pytest.param("She joined on 4 Aug 2020.", day(2020, 8, 4), None, marks=pytest.mark.case(104)),
        pytest.param("She joined on 05/04/2021.", day(2021, 4, 5), None, marks=pytest.mark.case(104)),
        pytest.param("She joined on 25/04/2021.", day(2021, 4, 25), None, marks=pytest.mark.case(104)),
        pytest.param("She joined on 4.5.2021.", day(2021, 5, 4), None, marks=pytest.mark.case(104)),
        pytest.param("She joined in Q3 2020.", day(2020, 7), None, marks=pytest.mark.case(104)),
        pytest.param("She joined in 2020-Q3.", day(2020, 7), None, marks=pytest.mark.case(104)),
        pytest.param("She joined in early 2018.", day(2018), None, marks=pytest.mark.case(104)),
        pytest.param("She joined in late May 2018.", day(2018, 5, 21), None, marks=pytest.mark.case(104)),
        pytest.param("She joined in mid-2018.", day(2018, 5), None, marks=pytest.mark.case(104)),
        pytest.param("Acme bought Beta (2017).", day(2017), None, marks=pytest.mark.case(104)),
        pytest.param("She led it in the 1990s.", day(1990), None, marks=pytest.mark.case(104)),
        pytest.param("She joined in the mid-1990s.", day(1993), None, marks=pytest.mark.case(104)),
        pytest.param("She joined in 2015-06.", day(2015, 6), None, marks=pytest.mark.case(104)),
        pytest.param("She led it until Sept. 2010.", None, day(2010, 9), marks=pytest.mark.case(104)),
        pytest.param("She led it from Jan. 2010 to Feb. 2012.", day(2010), day(2012, 2), marks=pytest.mark.case(104)),
        pytest.param("It was built c. 1850.", day(1850), None, marks=pytest.mark.case(104)),
        pytest.param("Version 4.5.2021.7 is out.", None, None, marks=pytest.mark.case(104)),
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
    assert ENGLISH.validity(sentence) == (since, until)


@pytest.mark.parametrize(
    ("sentence", "since", "until"),
    [
        ("Elle est née le 7 novembre 1867.", day(1867, 11, 7), None),
        ("Il fut élu le 1er mai 1981.", day(1981, 5, 1), None),
        ("Il fut élu en mai 1981.", day(1981, 5), None),
        ("Il y travaille depuis 1921.", day(1921), None),
        ("Elle a dirigé la société jusqu’en 1930.", None, day(1930)),
        ("Elle a dirigé la société jusqu'au 3 août 1930.", None, day(1930, 8, 3)),
        ("Il était parti avant 1930.", None, day(1930)),
        ("De 1959 à 1969, il a présidé la France.", day(1959), day(1969)),
        ("Entre 1959 et 1969, il a présidé la France.", day(1959), day(1969)),
        ("Du 8 janvier 1959 au 28 avril 1969, il a présidé la France.", day(1959, 1, 8), day(1969, 4, 28)),
        ("Son directeur (1998–2011) est mort.", day(1998), day(2011)),
        ("Son directeur (2011 à aujourd'hui) a parlé.", day(2011), None),
        ("Elle compte 1998 sièges.", None, None),
        ("Le 31 février 2020, rien.", None, None),
    ],
)
def test_validity_in_french(sentence: str, since: datetime | None, until: datetime | None) -> None:
    assert FRENCH.validity(sentence) == (since, until)
