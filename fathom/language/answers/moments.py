"""Reads the dates of an answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def moment(said: object) -> datetime | None:
    """Midnight UTC of the first day that a date of an answer names; None where it names none."""
    if not isinstance(said, str) or len(said) > 40:
        return None
    try:
        if match := _DATE.fullmatch(said.strip()):
            return datetime(int(match[1]), int(match[2] or 1), int(match[3] or 1), tzinfo=UTC)
        found = datetime.fromisoformat(said.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
