"""Reads the gold of the cases and tells what a Markdown text or a set of chunks lacks of it.

Each `gold/<area>.toml` has a list of cases:

    [[case]]
    file = "01-number-formats.xlsx"
    contains = ["7.5%"]          # text that must be there, as a reader sees it; white space is normalised
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
from collections.abc import Callable, Iterable, Sequence
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
_BREAK = re.compile(r"(?i)<br\s*/?>")
_TAG = re.compile(r"</?(?:sub|sup|u|b|i)>")
_BAR = re.compile(r"(?<!\\)\|")
# Escaped characters stand in a private area of Unicode while marks are taken out.
_HIDDEN = 0xE000
_SHOWN = re.compile("[\ue020-\ue07e]")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);")
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
    seen: Callable[[str], str]  # a piece of it as a reader sees it
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
    return Reading(markdown, headings, frozenset(html.unescape(target) for target in _TARGET.findall(markdown)), plain)


def chunks_reading(texts: Sequence[tuple[Sequence[str], str]], links: Iterable[str]) -> Reading:
    """Reads chunks, given as (headings, text)."""
    shown: list[str] = []
    path: tuple[str, ...] = ()
    for headings, text in texts:
        if tuple(headings) != path:
            shown += headings
            path = tuple(headings)
        shown.append(text)
    found = frozenset(literal(heading) for headings, _ in texts for heading in headings)
    return Reading("\n".join(shown), found, frozenset(links), literal, pairs=True)


def faults(reading: Reading, case: Case) -> list[str]:
    """Returns what the reading lacks of the case's gold, or has against it; none where it is right."""
    text = reading.seen(reading.text)
    # inside code, marks are letters: there both sides are compared without them
    bare = _MARKS.sub("", text)
    rows = [_cells(reading, line) for line in reading.text.splitlines() if _BAR.search(line)]
    wanted = [literal(one) for one in case.contains]
    found = [f"lacks {one!r}" for one in wanted if one not in text and _MARKS.sub("", one) not in bare]
    found += [f"has {one!r}" for one in case.lacks if literal(one) in text]
    found += [f"has no row {list(row)}" for row in case.rows if not _has_row(reading, rows, row)]
    found += [f"has no heading {one!r}" for one in case.headings if literal(one) not in reading.headings]
    found += [f"has no link to {link}" for link in case.links if link not in reading.links]
    at = 0
    for one in case.in_order:
        place = text.find(literal(one), at)
        if place < 0:
            found.append(f"has {one!r} not in its order")
            break
        at = place + len(literal(one))
    return found


def plain(markdown: str) -> str:
    """Returns the Markdown as a reader sees it: no marks, escapes or link targets, white space normalised."""
    text = _ESCAPED.sub(lambda found: chr(_HIDDEN + ord(found.group(1))), markdown)
    text = _LINK.sub(lambda found: found.group(1), text)
    text = _TAG.sub("", _BREAK.sub(" ", _MARKS.sub("", text)))
    text = _SHOWN.sub(lambda found: chr(ord(found.group()) - _HIDDEN), _ENTITY.sub(_unescaped, text))
    return _BLANKS.sub(" ", text).strip()


def _unescaped(entity: re.Match[str]) -> str:
    return html.unescape(entity.group())


def literal(text: str) -> str:
    """Returns a text that is no Markdown as a reader sees it: white space normalised, marks of struck text left out."""
    return _BLANKS.sub(" ", text.replace("~~", "").replace("\\|", "|")).strip()


def _cells(reading: Reading, line: str) -> list[str]:
    cells = [reading.seen(cell) for cell in _BAR.split(line.strip())]
    if cells and not cells[0]:
        cells = cells[1:]
    return cells[:-1] if cells and not cells[-1] else cells


def _has_row(reading: Reading, rows: Sequence[list[str]], wanted: Sequence[str]) -> bool:
    cells = [literal(cell) for cell in wanted]
    size = len(cells)
    if any(row[start : start + size] == cells for row in rows for start in range(len(row) - size + 1)):
        return True
    if not reading.pairs:
        return False
    values = [reading.seen(line.partition(": ")[2] or line) for line in reading.text.splitlines()]
    filled = [cell for cell in cells if cell]
    return any(values[start : start + len(filled)] == filled for start in range(len(values) - len(filled) + 1))
