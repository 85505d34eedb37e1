"""A graph read from a file: nodes, edges between them, and texts that mention nodes; checked before anything is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fathom.clean_text import clean_text
from fathom.errors import GraphFileInvalid

MAX_SHOWN = 20  # problems in the message of the error
MAX_TEXT = 1_000_000  # characters of a field
_YEAR = re.compile(r"\d{4}")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_WORD_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class ImportedNode:
    """A node; `text` is what is known of it, as its summary and further properties."""

    id: str
    name: str
    type: str = ""
    text: str = ""


@dataclass(frozen=True)
class ImportedDate:
    """A date, and its words where they say less than a moment."""

    at: datetime | None = None
    said: str | None = None


@dataclass(frozen=True)
class ImportedEdge:
    """An edge between the nodes with these ids: a fact; `texts` are the ids of the texts that state it."""

    source: str
    target: str
    relation: str
    fact: str
    valid_at: ImportedDate = ImportedDate()
    invalid_at: ImportedDate = ImportedDate()
    confidence: float | None = None
    texts: tuple[str, ...] = ()


@dataclass
class ImportedText:
    """A text, and the ids of the nodes that it mentions."""

    content: str
    mentions: list[str] = field(default_factory=list[str])


@dataclass
class ImportedGraph:
    """All that a file has; `left_out` counts what has no place in Fathom's graph, by the reason."""

    form: str
    nodes: dict[str, ImportedNode] = field(default_factory=dict[str, ImportedNode])
    edges: list[ImportedEdge] = field(default_factory=list[ImportedEdge])
    texts: dict[str, ImportedText] = field(default_factory=dict[str, ImportedText])
    left_out: Counter[str] = field(default_factory=Counter[str])


class FileProblems:
    """Collects what is wrong with a file, to be told at once."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[str] = []
        self._count = 0

    def add(self, where: str, problem: str) -> None:
        """Adds a problem at a place such as `line 7`."""
        self._count += 1
        if len(self._found) < MAX_SHOWN:
            self._found.append(f"{where}: {problem}")

    def raise_any(self) -> None:
        """Raises GraphFileInvalid with the problems, if there are any."""
        if not self._count:
            return
        more = self._count - len(self._found)
        lines = [f"{self._file} is not imported; nothing was changed.", *self._found]
        raise GraphFileInvalid("\n".join([*lines, *([f"… and {more} more"] if more else [])]))


def field_text(row: Mapping[str, Any], *names: str) -> str:
    """Returns the first of these fields that is not empty, as clean text; empty if there is none."""
    for name in names:
        value = row.get(name)
        if isinstance(value, list):
            value = ", ".join(map(str, value))
        if value is not None and (text := clean_text(str(value)).strip()):
            return text
    return ""


def relation_name(text: str) -> str:
    """Returns a relation as facts have it: `worksAt` and `works at` are WORKS_AT."""
    return re.sub(r"\W+", "_", _WORD_BORDER.sub("_", text)).strip("_").upper()


def imported_date(value: Any) -> ImportedDate:
    """Returns a date in ISO 8601, maybe without time, day or month, or in seconds since 1970. Raises ValueError."""
    if value is None or value == "":
        return ImportedDate()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return ImportedDate(_from_epoch(float(value)))
    text = str(value).strip()
    if _YEAR.fullmatch(text):
        return ImportedDate(datetime(int(text), 1, 1, tzinfo=UTC), text)
    if month := _MONTH.fullmatch(text):
        return ImportedDate(datetime(int(month[1]), int(month[2]), 1, tzinfo=UTC), text)
    at = datetime.fromisoformat(text)
    return ImportedDate(at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC))


def imported_confidence(value: Any) -> float | None:
    """Returns a confidence between 0 and 1. Raises ValueError."""
    if value is None or value == "":
        return None
    found = float(value)
    if not 0 <= found <= 1:
        raise ValueError(f"{found} is not between 0 and 1")
    return found


def sentence(source: str, relation: str, target: str) -> str:
    """Returns a sentence for an edge without one."""
    return f"{source} {relation.replace('_', ' ').lower()} {target}."


def names_shared(nodes: Iterable[ImportedNode]) -> int:
    """Returns how many nodes have the name of another one, with which they become a single entity."""
    names = Counter(node.name.casefold() for node in nodes)
    return sum(count - 1 for count in names.values())


def _from_epoch(seconds: float) -> datetime:
    """Returns a time in seconds, or in milliseconds, microseconds or nanoseconds where seconds would be after the year 2600."""
    while abs(seconds) > 2e10:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{seconds} is no time") from error
