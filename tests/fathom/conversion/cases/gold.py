"""Reads the gold of the cases and tells what a Markdown text or a set of chunks lacks of it.

Each `gold/<area>.toml` has a list of cases:

    [[case]]
    file = "01-number-formats.xlsx"
    contains = ["7.5%"]          # text that must be there; white space is normalised, Markdown marks and escapes are not looked at
    lacks = ["0.075"]            # text that must not be there
    rows = [["00007", "7.5%"]]   # neighbouring cells of a table row, in order; in chunks also `column: value` lines
    headings = ["Tides of H2O"]  # a heading with exactly this text
    in_order = ["first", "then"] # texts that stand in this order
    links = ["https://a.example/x"]  # targets of links
    notices = ["rates.csv"]      # words of the report's notices; only Fathom has a report
"""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FILES = HERE / "files"

_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~$&])")
_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\((?:<[^>]*>|[^()\s]*(?:\([^()]*\)[^()\s]*)*)(?:\s+\"[^\"]*\")?\)")
_TARGET = re.compile(r"\]\(<?([^)\s>]+)>?")
_MARKS = re.compile(
    r"(?<![\w*])\*{1,3}(?=\S)|(?<=\S)\*{1,3}(?![\w*])|\*\*|(?<=\w)\*(?=\w)"
    r"|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|`+|~~"
)
_HEADING = re.compile(r"^\s*#{1,6}\s+(.*?)\s*#*\s*$", re.M)
_BREAK = re.compile(r"(?i)(?<!\\)<br\s*/?>")
_TAG = re.compile(r"(?<!\\)</?(?:sub|sup|u|b|i)>")
_BAR = re.compile(r"(?<!\\)\|")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class Case:
    """A file and what a reader must find in it."""

    file: str
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    headings: tuple[str, ...] = ()
    in_order: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where the file stands."""
        return FILES / self.file

    @property
    def format(self) -> str:
        """The file's suffix without its dot."""
        return Path(self.file).suffix.lstrip(".").lower()


@dataclass(frozen=True)
class Reading:
    """A document as a converter gave it: Markdown, or chunks as one text with their headings and links."""

    text: str
    headings: frozenset[str]
    links: frozenset[str]
    pairs: bool = False  # rows may be written as `column: value`


def all_cases() -> list[Case]:
    """Returns every case, by file name."""
    found: list[Case] = []
    for path in sorted((HERE / "gold").glob("*.toml")):
        for entry in tomllib.loads(path.read_text("utf-8"))["case"]:
            values = {key: value if isinstance(value, str) else tuple(map(_frozen, value)) for key, value in entry.items()}
            found.append(Case(**values))
    return sorted(found, key=lambda case: case.file)


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def markdown_reading(markdown: str) -> Reading:
    """Reads a Markdown text."""
    headings = frozenset(plain(found) for found in _HEADING.findall(markdown))
    return Reading(markdown, headings, frozenset(html.unescape(target) for target in _TARGET.findall(markdown)))


def chunks_reading(texts: Sequence[tuple[Sequence[str], str]], links: Iterable[str]) -> Reading:
    """Reads chunks, given as (headings, text)."""
    shown: list[str] = []
    path: tuple[str, ...] = ()
    for headings, text in texts:
        if tuple(headings) != path:
            shown += headings
            path = tuple(headings)
        shown.append(text)
    found = frozenset(plain(heading) for headings, _ in texts for heading in headings)
    return Reading("\n".join(shown), found, frozenset(links), pairs=True)


def faults(reading: Reading, case: Case) -> list[str]:
    """Returns what the reading lacks of the case's gold, or has against it; none where it is right."""
    text = plain(reading.text)
    rows = [_cells(line) for line in reading.text.splitlines() if _BAR.search(line)]
    found = [f"lacks {wanted!r}" for wanted in case.contains if plain(wanted) not in text]
    found += [f"has {unwanted!r}" for unwanted in case.lacks if plain(unwanted) in text]
    found += [f"has no row {list(row)}" for row in case.rows if not _has_row(reading, rows, row)]
    found += [f"has no heading {heading!r}" for heading in case.headings if plain(heading) not in reading.headings]
    found += [f"has no link to {link}" for link in case.links if link not in reading.links]
    at = 0
    for wanted in case.in_order:
        place = text.find(plain(wanted), at)
        if place < 0:
            found.append(f"has {wanted!r} not in its order")
            break
        at = place + len(plain(wanted))
    return found


def plain(text: str) -> str:
    """Returns the text as a reader sees it: no Markdown marks, escapes or link targets, white space normalised."""
    text = _LINK.sub(lambda found: found.group(1), text)
    text = _MARKS.sub("", text)
    text = _TAG.sub("", _BREAK.sub(" ", text))
    text = html.unescape(_ESCAPED.sub(r"\1", text))
    return _BLANKS.sub(" ", text).strip()


def _cells(line: str) -> list[str]:
    cells = [plain(cell) for cell in _BAR.split(line.strip())]
    if cells and not cells[0]:
        cells = cells[1:]
    return cells[:-1] if cells and not cells[-1] else cells


def _has_row(reading: Reading, rows: Sequence[list[str]], wanted: Sequence[str]) -> bool:
    cells = [plain(cell) for cell in wanted]
    size = len(cells)
    if any(row[start : start + size] == cells for row in rows for start in range(len(row) - size + 1)):
        return True
    if not reading.pairs:
        return False
    values = [plain(line.partition(": ")[2] or line) for line in reading.text.splitlines()]
    filled = [cell for cell in cells if cell]
    return any(values[start : start + len(filled)] == filled for start in range(len(values) - len(filled) + 1))
