"""Reads points in time from the driver as Python's own datetimes, which is forty times as fast as the driver's classes.

The driver has no option for this; where its private parts are other than expected, its own classes are returned.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neo4j import Result

_LOCAL_EPOCH = datetime(1970, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UTC_NAMES = frozenset({0, "UTC", "Z"})
_TAGS = (b"I", b"i", b"d")  # of structures: with an offset, with the name of a zone, local


def read_native_times(result: Result) -> None:
    """Makes the result return points in time as datetimes, unless they have nanoseconds or the name of a zone.

    Those keep the driver's class: it may crash the process when it is given a datetime with a `ZoneInfo` to write.
    """
    scope = getattr(result, "_hydration_scope", None)
    functions = getattr(scope, "_struct_hydration_functions", {})
    for tag in _TAGS:
        if tag in functions:
            functions[tag] = _native_or(functions[tag])


def _native_or(slow: Any) -> Any:
    def hydrated(seconds: int, nanoseconds: int, *zone: int | str | None) -> Any:
        if nanoseconds % 1000 == 0:
            try:
                since = timedelta(0, seconds, nanoseconds // 1000)
                if not zone or zone[0] is None:
                    return _LOCAL_EPOCH + since
                if zone[0] in _UTC_NAMES:
                    return _EPOCH + since
                if isinstance(zone[0], int):
                    return (_EPOCH + since).astimezone(_offset(zone[0]))
            except (OverflowError, ValueError):
                pass  # outside of the years 1 to 9999
        return slow(seconds, nanoseconds, *zone)

    return hydrated


@lru_cache(maxsize=256)
def _offset(seconds: int) -> timezone:
    return timezone(timedelta(seconds=seconds))
