"""Values are shown in a unit that people read, with no more digits than they need."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.quality.plots.plot_units import unit_of, value_words


@pytest.mark.parametrize(
    ("unit", "value", "words"),
    [
        ("s", 0.0, "0 s"),
        ("s", 0.0123, "12.3 ms"),
        ("s", 90.0, "1.5 min"),
        ("s", 150.0, "2.5 min"),
        ("s", 3 * 86_400.0, "3 d"),
        ("bytes", 0.0, "0 B"),
        ("bytes", 512.0, "512 B"),
        ("bytes", 3.5 * 1024**3, "3.5 GB"),
        ("USD", 0.0, "$0.00"),
        ("USD", 1234.5, "$1,234.50"),
        ("USD", 0.00123, "$0.00123"),
        ("tokens", 25_000_000.0, "25 M tokens"),
        ("tokens", 7.0, "7 tokens"),
        ("", 1234.0, "1,234"),
        ("", 0.98765, "0.988"),
        ("", -2.5, "-2.5"),
        ("", None, "–"),
        ("s", math.nan, "–"),
    ],
)
def test_a_value_in_words(unit: str, value: float | None, words: str) -> None:
    assert value_words(unit, value) == words


def test_an_axis_has_the_unit_of_its_largest_value() -> None:
    unit = unit_of("s", 7200.0)
    assert [unit.words(value) for value in (1800.0, 7200.0)] == ["0.5 h", "2 h"]


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(["", "s", "bytes", "USD", "tokens"]))
def test_no_value_is_too_much(value: float, unit: str) -> None:
    assert 0 < len(value_words(unit, value)) < 40
