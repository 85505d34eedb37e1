"""Reads title, authors, affiliations and date, which are printed first, wherever the source declares them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.latex.tex.tokens import Token
from fathom.conversion.docling_backends.markup.markup_blocks import Footnote, MarkupBlock, MarkupHeading, Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import LINE_BREAK, InlineStyle, Run, is_blank, tidy

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.latex.latex_reader import Command, LatexReader

_PARTS_OF_ADDRESS = (
    "institution", "department", "city", "state", "country", "streetaddress", "postcode", "orgname", "orgdiv", "orgaddress",
    "street", "organization", "position", "affaddr",
)  # fmt: skip
_TITLES = ("title", "icmltitle", "Title", "mytitle")
_AUTHORS = ("author", "Author", "authors", "IEEEauthorblockN", "icmlauthor", "name", "speaker")
_PLACES = (
    "affil",
    "affiliation",
    "address",
    "institute",
    "IEEEauthorblockA",
    "ead",
    "emailAdd",
    "altaffiliation",
    "icmlaffiliation",
)
_KEY = re.compile(r"(?:(?<=^)|(?<=,)|(?<=, ))(?:organization|addressline|city|postcode|state|country|citysep)\s*=\s*")
AND = "\u2063"  # separates authors until they are split
MAX_MARK = 4  # characters of an author's mark; a longer option is an identifier


@dataclass(slots=True)
class Front:
    """The title block of the document."""

    title: list[Run] = field(default_factory=list[Run])
    subtitle: list[Run] = field(default_factory=list[Run])
    people: list[Paragraph] = field(default_factory=list[Paragraph])
    date: list[Run] = field(default_factory=list[Run])
    keywords: list[Paragraph] = field(default_factory=list[Paragraph])
    notes: list[Footnote] = field(default_factory=list[Footnote])

    def blocks(self) -> list[MarkupBlock]:
        """Returns the title block as blocks."""
        found: list[MarkupBlock] = [MarkupHeading(self.title, 0)] if not is_blank(self.title) else []
        found += [Paragraph(runs) for runs in (self.subtitle,) if not is_blank(runs)]
        found += self.people
        found += [Paragraph(runs) for runs in (self.date,) if not is_blank(runs)]
        return [*found, *self.notes, *self.keywords]


def commands() -> dict[str, Command]:
    """Returns the handlers for title, authors and affiliations."""
    found: dict[str, Command] = {
        "subtitle": lambda reader, token: _take(reader, "subtitle"),
        "date": lambda reader, token: _take(reader, "date"),
        "keywords": _keywords,
        "maketitle": lambda reader, token: reader.drop("o"),
        "IEEEmembership": lambda reader, token: None,
        "today": lambda reader, token: None,
        "orcid": lambda reader, token: reader.drop("d"),
        "corref": lambda reader, token: reader.drop("d"),
        "fnref": lambda reader, token: reader.drop("d"),
        "cortext": lambda reader, token: _person(reader, token),
        "fntext": lambda reader, token: _person(reader, token),
        "titlenote": lambda reader, token: reader.drop("d"),
        "inst": lambda reader, token: _mark(reader),
        "IEEEauthorrefmark": lambda reader, token: _mark(reader),
        "And": _and,
        "AND": _and,
        "and": _and,
    }
    found |= dict.fromkeys(_TITLES, lambda reader, token: _take(reader, "title"))
    found |= dict.fromkeys((*_AUTHORS, *_PLACES), _person)
    found |= dict.fromkeys(_PARTS_OF_ADDRESS, _part_of_address)
    return found


def front_of(reader: LatexReader) -> Front:
    """Returns the title block of the document, created at its first declaration."""
    if reader.front is None:
        reader.front = Front()
    return reader.front


def _take(reader: LatexReader, name: str) -> None:
    """Reads an argument for the title block, with the notes in it."""
    front = front_of(reader)
    reader.drop("o")
    runs = _noted(reader, front)
    if not is_blank(runs):
        setattr(front, name, [Run(run.text.replace("\n", " ").replace(LINE_BREAK, " "), run.style) for run in runs])


def _noted(reader: LatexReader, front: Front) -> list[Run]:
    before, reader.notes = reader.notes, []
    runs = reader.line()
    front.notes += reader.notes
    reader.notes = before
    return runs


def _person(reader: LatexReader, token: Token) -> None:
    """Reads authors, or a place; several stand in a paragraph each, their lines separated by commas."""
    front = front_of(reader)
    option = reader.source.optional()
    mark = reader.text_of(option) if option else ""
    runs = [Run(_KEY.sub("", run.text), run.style) for run in _noted(reader, front)]
    reader.source.optional(near=True)
    parts: list[list[Run]] = [[]]
    for run in runs:
        pieces = run.text.split(AND)
        parts[-1].append(Run(pieces[0], run.style))
        parts += [[Run(piece, run.style)] for piece in pieces[1:]]
    is_place = token.text not in _AUTHORS
    for part in parts:
        line = tidy(_joined_lines(tidy(part)))
        if is_blank(line):
            continue
        if mark and len(mark) <= MAX_MARK:
            line = [Run(f"[{mark}] "), *line] if is_place else [*line, Run(f" [{mark}]")]
        front.people.append(Paragraph(line))


def _and(reader: LatexReader, token: Token) -> None:
    reader.emit(AND)


def _joined_lines(runs: list[Run]) -> list[Run]:
    """Returns the runs with commas for line breaks, unless punctuation stands before them."""
    found: list[Run] = []
    last = ""
    for run in runs:
        text = ""
        for sign in run.text:
            if sign == LINE_BREAK:
                text += " " if not last or last in ",;:" else ", "
                last = ","
            else:
                text += sign
                last = sign if not sign.isspace() else last
        found.append(Run(text, run.style))
    return found


def _mark(reader: LatexReader) -> None:
    marks = reader.text_of(reader.source.argument())
    if marks:
        reader.emit(f" [{marks}]")


def _part_of_address(reader: LatexReader, token: Token) -> None:
    """Reads a part of an address, separated from the text before it."""
    if any(run.text.strip() for run in reader.sink.runs) and not reader.sink.runs[-1].text.rstrip().endswith((",", "(")):
        reader.emit(", ")
    reader.drop("o")
    reader.open_style()


def _keywords(reader: LatexReader, token: Token) -> None:
    reader.drop("o")
    runs = reader.line()
    if runs:
        block = Paragraph([Run("Keywords: ", InlineStyle(bold=True)), *runs])
        if reader.in_body:
            reader.sink.add(block)
        else:
            front_of(reader).keywords.append(block)
