"""Plots a series with block characters, for a terminal."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime

BLOCKS = " ▁▂▃▄▅▆▇█"
ROWS = 6
MAX_COLUMNS = 100
AXIS = 11  # columns of the values at the left


def plot_lines(points: Sequence[tuple[float, float]], since: float, until: float, columns: int | None = None) -> list[str]:
    """Returns the lines of a bar plot: values at the left, times below.

    Args:
        points: times in seconds since 1970, and values.
        since: the time at the left.
        until: the time at the right.
        columns: of the plot; default: those of the terminal.
    """
    width = max(10, min(MAX_COLUMNS, columns or shutil.get_terminal_size().columns - AXIS - 2))
    finite = [(at, value) for at, value in points if math.isfinite(value) and since <= at < until]
    if not finite or until <= since:
        return []
    slots: list[list[float]] = [[] for _ in range(width)]
    for at, value in finite:
        slots[min(width - 1, int((at - since) / (until - since) * width))].append(value)
    heights = [sum(slot) / len(slot) if slot else None for slot in slots]
    most = max(max(value for value in heights if value is not None), 0.0)
    least = min(min(value for value in heights if value is not None), 0.0)
    span = (most - least) or 1.0
    lines = []
    for row in reversed(range(ROWS)):
        label = f"{most:.4g}" if row == ROWS - 1 else f"{least:.4g}" if row == 0 else ""
        lines.append(f"{label:>{AXIS}} │" + "".join(_cell(value, least, span, row) for value in heights))
    left, right = (datetime.fromtimestamp(at, UTC).strftime("%m-%d %H:%M") for at in (since, until))
    lines.append(" " * AXIS + " └" + "─" * width)
    lines.append(" " * (AXIS + 2) + left + right.rjust(width - len(left)))
    return lines


def _cell(value: float | None, least: float, span: float, row: int) -> str:
    """Returns the character of a column in a row, counted from below."""
    if value is None:
        return " "
    eighths = round((value - least) / span * ROWS * 8)
    return BLOCKS[max(0, min(8, max(eighths, 1 if row == 0 else 0) - 8 * row))]
