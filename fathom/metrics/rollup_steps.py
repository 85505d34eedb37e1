"""Names the steps of roll-ups, and for how long each is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MINUTE_S, FIVE_MINUTES_S, HOUR_S, DAY_S = 60, 300, 3600, 86_400
STEPS_S: Final[tuple[int, ...]] = (MINUTE_S, FIVE_MINUTES_S, HOUR_S, DAY_S)
KEPT_DAYS: Final[Mapping[int, int]] = {MINUTE_S: 7, FIVE_MINUTES_S: 30, HOUR_S: 90, DAY_S: 365}  # S2's retention
MAX_LATE_S: Final = 5 * DAY_S  # older samples are dropped: their minutes may be gone soon


def floor_to(at: float, step: int) -> int:
    """Returns the begin of the span of `step` seconds that holds the time."""
    return int(at // step) * step


def kept_since(step: int, now: float) -> int:
    """Returns from when the roll-ups of a step are kept, in seconds since 1970."""
    return floor_to(now - KEPT_DAYS[step] * DAY_S, step)


def rolled_to(step: int) -> str:
    """Returns the name of the cursor that says to when the roll-ups of a step are complete."""
    return f"rolled to {step}"
