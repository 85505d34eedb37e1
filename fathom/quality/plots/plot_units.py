"""Chooses the unit in which values are shown, and formats them."""

from __future__ import annotations

import math
from dataclasses import dataclass

_BYTES = ((1024.0**4, "TB"), (1024.0**3, "GB"), (1024.0**2, "MB"), (1024.0, "KB"), (1.0, "B"))
_SECONDS = ((86_400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (0.001, "ms"))
_OF_ZERO = {"bytes": (1.0, "B"), "s": (1.0, "s")}
_PLAIN = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1.0, ""))
ENOUGH = 2.0  # of a larger unit, for a whole axis in it
MAX_DECIMAL = 1e15


@dataclass(frozen=True)
class ShownUnit:
    """A unit of people: values are divided by `size`; a dollar sign goes before the value."""

    size: float
    name: str

    def words(self, value: float) -> str:
        """Formats a value of the metric with three significant digits, or all of a whole number."""
        shown = value / self.size
        if self.name == "$":
            return (
                f"{'-' if shown < 0 else ''}${abs(shown):{',.2f' if not shown or 0.1 <= abs(shown) < MAX_DECIMAL else '.3g'}}"
            )
        return f"{significant(shown)} {self.name}".rstrip()


def unit_of(unit: str, most: float, enough: float = ENOUGH) -> ShownUnit:
    """Returns the unit for values of a metric's unit up to `most`, of which there are `enough` of the unit."""
    if unit == "USD":
        return ShownUnit(1.0, "$")
    known = {"bytes": _BYTES, "s": _SECONDS}.get(unit)
    if known is None:
        size, prefix = next(((size, name) for size, name in _PLAIN if abs(most) >= size * 10), (1.0, ""))
        return ShownUnit(size, f"{prefix} {unit}".strip())
    size, name = next((found for found in known if abs(most) >= found[0] * enough), known[-1] if most else _OF_ZERO[unit])
    return ShownUnit(size, name)


def value_words(unit: str, value: float | None) -> str:
    """Formats a single value; a dash for None and NaN."""
    if value is None or not math.isfinite(value):
        return "–"
    if not unit and abs(value) < MAX_DECIMAL:
        return significant(value)
    return unit_of(unit, value, 1.0).words(value)


def significant(value: float) -> str:
    """Formats a number with three significant digits, all digits before the point, and thousands separators."""
    if value == int(value) and abs(value) < MAX_DECIMAL:
        return f"{value:,.0f}"
    if abs(value) >= MAX_DECIMAL or 0 < abs(value) < 1e-3:
        return f"{value:.3g}"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
