"""Reads letters and curricula vitae: signatures, enclosures, entries of several parts on a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.latex.commands.latex_front import front_of
from fathom.conversion.docling_backends.latex.sinks import join_blocks
from fathom.conversion.docling_backends.latex.tex.tokens import OPEN, SPACE, Token
from fathom.conversion.docling_backends.markup.markup_blocks import MarkupBlock, MarkupHeading, Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import LINE_BREAK, Run, is_blank, plain, tidy

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.latex.latex_reader import Command, LatexReader

MAX_PARTS = 9  # arguments of an entry
_CURRICULUM = re.compile(r"\\documentclass\s*(?:\[[^\]]*\])?\s*\{[^{}]*(?:cv|resume|curriculum)[^{}]*\}", re.I)
_ENTRIES = (
    "cventry", "cvitem", "cvitemwithcomment", "cvdoubleitem", "cvlanguage", "cvlistitem", "cvlistdoubleitem", "cvcolumn",
    "cvevent",
    "cvhonor", "cvskill", "cvreference", "cvcomputer", "cvhobby", "cvline", "cvproject", "cvachievement", "cvref", "cvdegree",
    "cvposition", "cvpubs", "cvsubentry", "cvtag", "cvdoublecolumn", "cveducation", "cvexperience",
)  # fmt: skip
_PERSON = (
    "name", "title", "address", "phone", "mobile", "email", "homepage", "social", "github", "gitlab", "linkedin", "twitter",
    "position", "extrainfo", "quote", "born", "nationality", "tagline", "personalinfo", "location", "printinfo", "orcid",
    "skype",
    "firstname", "familyname", "lastname", "photo",
)  # fmt: skip
_NAMES = ("name", "firstname", "familyname", "lastname")


def commands() -> dict[str, Command]:
    """Returns the handlers for letters and curricula vitae."""
    found: dict[str, Command] = {
        "signature": _signature,
        "closing": _closing,
        "opening": lambda reader, token: _line(reader, ""),
        "ps": lambda reader, token: _line(reader, ""),
        "cc": lambda reader, token: _line(reader, "cc: "),
        "encl": lambda reader, token: _line(reader, "encl: "),
        "makecvtitle": lambda reader, token: None,
        "cvsection": _section,
        "cvsubsection": _section,
    }
    return found | dict.fromkeys(_ENTRIES, _entry)


def commands_of_curricula(text: str) -> dict[str, Command]:
    """Returns the handlers for personal details; empty if the text is no curriculum vitae."""
    return dict.fromkeys(_PERSON, _fact) if _CURRICULUM.search(text) else {}


def _line(reader: LatexReader, lead: str) -> None:
    runs = reader.line()
    reader.sink.add(Paragraph([*([Run(lead)] if lead else []), *runs]))


def _signature(reader: LatexReader, token: Token) -> None:
    """Keeps the signature of a letter, which follows its closing."""
    reader.signature = reader.line()
    if "\\closing" not in reader.text:
        reader.sink.add(Paragraph(reader.signature))


def _closing(reader: LatexReader, token: Token) -> None:
    _line(reader, "")
    if not is_blank(reader.signature):
        reader.sink.add(Paragraph(reader.signature))


def _section(reader: LatexReader, token: Token) -> None:
    reader.drop("so")
    reader.sink.add(MarkupHeading(reader.line(), 1 if token.text == "cvsection" else 2))


def _fact(reader: LatexReader, token: Token) -> None:
    """Adds a personal detail with all its arguments: `\\name{Ana}{Lie}`."""
    parts = _parts(reader)
    if token.text == "photo":
        return
    between = " " if token.text in _NAMES else ", "
    runs: list[Run] = []
    for part in parts:
        line = join_blocks(part)
        if not is_blank(line):
            runs += [*([Run(between)] if runs else []), *line]
    front = front_of(reader)
    if token.text in _NAMES:
        front.title += [*([Run(" ")] if front.title else []), *tidy(runs)]
    elif not is_blank(runs):
        front.people.append(Paragraph(tidy(runs)))


def _entry(reader: LatexReader, token: Token) -> None:
    """Adds an entry as a line: a label with its text, or several comma-separated parts; lists in it follow below."""
    parts = _parts(reader)
    runs: list[Run] = []
    below: list[MarkupBlock] = []
    shown = [part for part in parts if part]
    for number, part in enumerate(shown):
        if not all(isinstance(block, Paragraph) for block in part):
            below += part
            continue
        line = tidy([Run(run.text.replace(LINE_BREAK, " "), run.style) for run in join_blocks(part)])
        if is_blank(line):
            continue
        is_label = number == 1 and len(shown) == 2 and bool(runs) and not plain(runs).endswith(":")
        runs += [*([Run(": " if is_label else " " if plain(runs).endswith((":", ",")) else ", ")] if runs else []), *line]
    reader.sink.add(Paragraph(runs))
    for block in below:
        reader.sink.add(block)


def _parts(reader: LatexReader) -> list[list[MarkupBlock]]:
    reader.drop("so")
    parts: list[list[MarkupBlock]] = []
    while len(parts) < MAX_PARTS and _has_part(reader):
        parts.append(reader.blocks())
    return parts


def _has_part(reader: LatexReader) -> bool:
    """Returns whether another argument in braces follows, and skips a blank before it."""
    token = reader.source.next()
    if token is None:
        return False
    if token.kind == SPACE:
        following = reader.source.peek()
        if following is not None and following.kind == OPEN:
            return True
    reader.source.push([token])
    return token.kind == OPEN
