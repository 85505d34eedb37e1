"""Numbers, dates and texts are shown as their number format shows them."""

from __future__ import annotations

import pytest

from fathom.conversion.docling_backends.spreadsheet.numbers.digits import general
from fathom.conversion.docling_backends.spreadsheet.numbers.number_format import MAX_CODE, number_format

SERIAL = 46096  # Sunday, 15 March 2026
ACCOUNTING = '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)'
SIZES = '[>=1000000]0.0,,"M";[>=1000]0.0,"K";0'


def shown(code: str, value: float) -> str:
    return number_format(code).number(value)


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("0%", 0.075, "8%"),
        ("0.0%", 0.075, "7.5%"),
        ("0.0%;[Red]-0.0%", -0.125, "-12.5%"),
        ("#,##0", 1234567, "1,234,567"),
        ("#,##0.00", 0.5, "0.50"),
        ("00000", 7, "00007"),
        ("0.0#", 5, "5.0"),
        ("#.##", 0.5, ".5"),
        ("#", 0, ""),
        ("0", 2.5, "3"),
        ("0.00", 1.005, "1.01"),
        ("0.00", -0.001, "-0.00"),
        ("#,##0.0,", 12345, "12.3"),
        ('0.00,,"M"', 1234567, "1.23M"),
        ("0.00E+00", 1.25e9, "1.25E+09"),
        ("##0.0E+0", 12345, "12.3E+3"),
        ("##0.0E+0", 0.00012, "120.0E-6"),
        ("0E+0", 0, "0E+0"),
        ("000-00-0000", 123456789, "123-45-6789"),
        ("(000) 000-0000", 5551234567, "(555) 123-4567"),
        ('0000"-"00', 202603, "2026-03"),
    ],
)
def test_digits_stand_where_the_format_puts_them(code: str, value: float, expected: str) -> None:
    assert shown(code, value) == expected


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("# ?/?", 1.25, "1 1/4"),
        ("# ??/??", 0.3333, "1/3"),
        ("# ?/8", 2.5, "2 4/8"),
        ("?/?", 1.5, "3/2"),
        ("# ?/?", 3, "3"),
        ("# ?/?", 0.999, "1"),
        ("# ?/?", -2.75, "-2 3/4"),
    ],
)
def test_fractions_are_shown_as_fractions(code: str, value: float, expected: str) -> None:
    assert shown(code, value) == expected


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ('"$"#,##0.00', 1234.5, "$1,234.50"),
        ("$#,##0_);($#,##0)", -99, "($99)"),
        ("[$€-2] #,##0.00", 12.5, "€ 12.50"),
        ("#,##0.00 [$€-407]", 1234.5, "1,234.50 €"),
        ("[$¥-804]#,##0", 5000, "¥5,000"),
        ('_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-', -1234.5, "-1,234.50 €"),
        (ACCOUNTING, 1234.5, "$1,234.50"),
        (ACCOUNTING, -1234.5, "$(1,234.50)"),
        (ACCOUNTING, 0, "$-"),
    ],
)
def test_money_is_shown_with_its_sign_in_its_place(code: str, value: float, expected: str) -> None:
    assert shown(code, value) == expected


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("#,##0;(#,##0)", -1500, "(1,500)"),
        ("0.0;;", -1, ""),
        ("0;-0;;@", 0, ""),
        (";;;", 5, ""),
        ('"on";;"off"', 0, "off"),
        ("+0;-0;0", 5, "+5"),
        ('[>=1000]0.0,"k";0', 1500, "1.5k"),
        (SIZES, 2_500_000, "2.5M"),
        (SIZES, 2_500, "2.5K"),
        (SIZES, -25, "-25"),
        ('[=1]"yes";[=0]"no";0', 1, "yes"),
        ('[=1]"yes";[=0]"no";0', 7, "7"),
        ('[<0]"loss "0;0', -5, "loss 5"),
        ("[<=9999999]###-####;(###) ###-####", 5551234, "555-1234"),
        ("[Color10]0%;[Red]-0%", -0.5, "-50%"),
    ],
)
def test_the_section_for_the_value_is_taken(code: str, value: float, expected: str) -> None:
    assert shown(code, value) == expected


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("mm/dd/yyyy", SERIAL, "03/15/2026"),
        ("yyyy-mm-dd", SERIAL, "2026-03-15"),
        ("d-mmm-yy", SERIAL, "15-Mar-26"),
        ("yyyy-mm-dd hh:mm", SERIAL + 845 / 1440, "2026-03-15 14:05"),
        ("yyyy-mm-dd h:mm AM/PM", SERIAL + 0.6, "2026-03-15 2:24 PM"),
        ("[$-409]mmmm d, yyyy", SERIAL, "March 15, 2026"),
        ("[$-407]dddd, d. mmmm yyyy", SERIAL, "Sonntag, 15. März 2026"),
        ("[$-40C]mmmm yyyy", SERIAL, "mars 2026"),
        ('yyyy"年"m"月"d"日"', SERIAL, "2026年3月15日"),
        ('[$-411]ggge"年"m"月"d"日"', SERIAL, "令和8年3月15日"),
        ("mmmmm", SERIAL, "M"),
        ("yyyy\\-mm\\-dd\\Thh:mm:ss\\Z", SERIAL + 0.5, "2026-03-15T12:00:00Z"),
        ("hh:mm", 8.5 / 24, "08:30"),
        ("[h]:mm", 1 + 6.25 / 24, "30:15"),
        ("[mm]:ss", 3700 / 86400, "61:40"),
        ("mm:ss.0", 3.5 / 86400, "00:03.5"),
        ('h "h" mm "min"', 1.5 / 24, "1 h 30 min"),
        ("[h]:mm:ss", -0.5, "-12:00:00"),
        ("yyyy-mm-dd", 60, "1900-02-29"),
        ("yyyy-mm-dd", 61, "1900-03-01"),
        ("dd/mm/yyyy", -5, "-5"),
        ("dd/mm/yyyy", 9e9, "9000000000"),
    ],
)
def test_dates_times_and_durations_are_shown_by_their_own_format(code: str, value: float, expected: str) -> None:
    assert shown(code, value) == expected


def test_workbooks_of_the_1904_epoch_count_from_it() -> None:
    assert number_format("yyyy-mm-dd").number(SERIAL - 1462, epoch_1904=True) == "2026-03-15"
    assert number_format("yyyy-mm-dd").number(0, epoch_1904=True) == "1904-01-01"


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("@", "00123", "00123"),
        ("0.00", "n/a", "n/a"),
        ('"Plot "@', "x", "Plot x"),
        ('0;0;0;"t: "@', "x", "t: x"),
        ("_(@_)", "x", "x"),
        (";;;", "x", ""),
    ],
)
def test_texts_are_shown_by_the_section_for_texts(code: str, text: str, expected: str) -> None:
    assert number_format(code).text(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5.0, "5"),
        (-2.5, "-2.5"),
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333333333"),
        (3.14159265358979, "3.141592654"),
        (12345.6789, "12345.6789"),
        (4006381333931, "4006381333931"),
        (1e20, "1E+20"),
        (1.5e-7, "1.5E-07"),
        (0.00001, "0.00001"),
    ],
)
def test_general_shows_ten_digits_and_whole_numbers_whole(value: float, expected: str) -> None:
    assert general(value) == expected


@pytest.mark.parametrize(
    "code", ["", '"', "[", "0/", "/", "E+", "*", "_", "\\", "[$", "0.0.0", ";;;;;;", "?/?/?", "yy\\", "[>x]0", "#,,,"]
)
@pytest.mark.parametrize("value", [0, -1.5, 1e300, 1e-300, 123456789.123])
def test_no_format_code_stops_the_reading(code: str, value: float) -> None:
    assert isinstance(shown(code, value), str)
    assert isinstance(number_format(code).text("x"), str)


def test_a_code_of_endless_length_shows_the_value() -> None:
    assert shown("0" * (MAX_CODE + 1), 5) == "5"
