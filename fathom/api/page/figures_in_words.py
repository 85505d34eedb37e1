"""Formats figures and times for people."""

from __future__ import annotations

from datetime import UTC, datetime

from fathom.status.document_status import DocumentStatus

STAGES = {
    "upload": "Waiting",
    "validation": "Validation",
    "docling": "Conversion",
    "chunking": "Chunking",
    "graphiti": "Graph",
}
STATES = {
    "queued": "Waiting",
    "paused": "Paused",
    "throttled": "Throttled",
    "running": "Working",
    "stalled": "Stalled",
    "dead": "Died",
    "failed": "Failed",
    "partial": "Done in part",
    "complete": "Done",
}
MOVING = ("running", "throttled", "stalled", "dead")


def seconds(value: float | None) -> str:
    """Formats a duration: 40 ms, 3.2 s, 1 min 12 s, 3 h 5 min, 2 d 4 h."""
    if value is None:
        return ""
    if value < 0.9995:
        return f"{max(value, 0) * 1000:.0f} ms"
    if value < 59.95:
        return f"{value:.1f} s"
    whole = round(value)
    for large, small, size, part in (("min", "s", 60, 1), ("h", "min", 3600, 60), ("d", "h", 86400, 3600)):
        if whole < size * {"min": 60, "h": 24, "d": 10**6}[large]:
            rest = whole % size // part
            return f"{whole // size} {large}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def roughly(value: float) -> str:
    """Formats a duration with the precision of a forecast: 3 s, 45 s, 2 min, 3 h."""
    if value < 1:
        return "1 s"
    if value < 60:
        return f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 5400 else f"{value / 3600:.0f} h"


def ago(when: datetime | None, now: datetime) -> str:
    """Formats the time since a moment in a single unit."""
    if when is None:
        return ""
    passed = max(0.0, (now - when).total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if passed >= size:
            return f"{passed / size:.0f} {unit} ago"
    return "just now" if passed < 5 else f"{passed:.0f} s ago"


def estimate(status: DocumentStatus, now: datetime) -> str:
    """Formats the estimated completion, from the median to the 90th percentile, or says that it is unknown."""
    if status.state not in ("queued", "running", "throttled"):
        return ""
    if status.estimated_completion is None or status.estimated_completion_p90 is None:
        return "time left not known yet"
    low, high = (
        roughly(max(0.0, (at - now).total_seconds())) for at in (status.estimated_completion, status.estimated_completion_p90)
    )
    if low == high:
        return f"{low} left"
    value, unit = low.split()
    return f"{value} to {high} left" if high.endswith(f" {unit}") else f"{low} to {high} left"


def progress(status: DocumentStatus, now: datetime) -> str:
    """Returns the progress and the estimated time left."""
    detail = status.progress_detail
    stage = STAGES.get(status.stage, status.stage)
    done = f"{stage}, {detail.current:,} of {detail.total:,} {detail.unit}" if detail else stage
    return ", ".join(part for part in (done, estimate(status, now)) if part)


def size(count: int) -> str:
    """Formats bytes: 512 B, 4.6 KB, 12 MB."""
    value = float(count)
    for unit in ("B", "KB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GB"


def dollars(usd: float | None) -> str:
    """Formats a price; a dash for None."""
    if not usd:
        return "–"
    return f"${usd:.2f}" if usd >= 0.1 else f"${usd:.4f}"


def number(value: float | None) -> str:
    """Formats a count with thousands separators; a dash for None."""
    return "–" if value is None else f"{value:,.0f}"


def many(count: int, noun: str, more: str | None = None) -> str:
    """Formats a count with its noun: 1 chunk, 8 chunks."""
    return f"{count:,} {noun if count == 1 else more or noun + 's'}"


def instant(when: datetime | None) -> str:
    """Formats a moment in UTC, to the second."""
    return "" if when is None else f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
