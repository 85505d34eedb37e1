"""Reads bulleted, numbered and definition lists, with custom labels and continued numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.latex.sinks import in_style, join_blocks
from fathom.conversion.docling_backends.latex.tex.tokens import source_of
from fathom.conversion.docling_backends.markup.markup_blocks import Footnote, ItemList, ListItem
from fathom.conversion.docling_backends.markup.markup_inline import Run, is_blank, plain
from fathom.conversion.docling_backends.markup.numerals import letters, roman

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.latex.latex_reader import LatexReader, ReadEnvironment

# Lists of examinations, and the commands that begin their items, whose optional argument is the points.
EXAM_LISTS = {
    "questions": "question titledquestion", "parts": "part", "subparts": "subpart", "subsubparts": "subsubpart",
    "choices": "choice CorrectChoice", "oneparchoices": "choice CorrectChoice", "checkboxes": "choice CorrectChoice",
    "oneparcheckboxes": "choice CorrectChoice",
}  # fmt: skip
_LETTERED = frozenset({"parts", "choices", "oneparchoices"})
_BULLETED = ("itemize", "compactitem", "asparaitem", "dinglist", "tightitemize", "packed_item")
_NUMBERED = ("enumerate", "compactenum", "asparaenum", "enumerate*", "inparaenum", "steps", *EXAM_LISTS)
_TERMS = ("description", "compactdesc", "asparadesc", "labeling", "basedescript", "glossary")
_LABEL = re.compile(r"label\s*=\s*(\{(?:[^{}]|\{[^{}]*\})*\}|[^,]*)|^\s*(\W*[aAiI1]\W*)\s*$")
_COUNTER = re.compile(r"\\(arabic|alph|Alph|roman|Roman)\s*(?:\*|\{[^{}]*\})")
_START = re.compile(r"start\s*=\s*(\d{1,6})")
_KINDS = {"a": "alph", "A": "Alph", "i": "roman", "I": "Roman", "1": "arabic"}


def environments() -> dict[str, ReadEnvironment]:
    """Returns the readers of list environments."""
    found: dict[str, ReadEnvironment] = dict.fromkeys(_BULLETED, _bulleted)
    found |= dict.fromkeys(_NUMBERED, _numbered)
    found |= dict.fromkeys(_TERMS, _terms)
    return found | {"tablenotes": _table_notes}


def _table_notes(reader: LatexReader, name: str) -> None:
    """Reads the notes below a table, each with the mark in its cell."""
    reader.source.optional()
    marks: list[str] = []

    def begin() -> list[Run]:
        label = reader.source.optional()
        marks.append(reader.text_of(label) if label is not None else "")
        return []

    lead, items = reader.items(name, "item", begin)
    for block in lead:
        reader.sink.add(block)
    for mark, blocks in zip(marks, items, strict=True):
        reader.sink.add(Footnote(join_blocks(blocks), mark))


def _bulleted(reader: LatexReader, name: str) -> None:
    reader.source.optional()
    _add(reader, name, ordered=False)


def _numbered(reader: LatexReader, name: str) -> None:
    """Reads a numbered list; its label, as `label=(\\alph*)` or `[a)]`, and its first number may be set."""
    option = source_of(reader.source.optional() or []).strip()
    start = _START.search(option)
    resumed = reader.last_number if "resume" in option else 0
    label = _LABEL.search(option)
    shown = (label[1] or label[2]).strip().strip("{}") if label is not None else "(a)" if name in _LETTERED else ""
    number = int(start[1]) - 1 if start is not None else resumed
    counters = reader.definitions.counters
    outer, counters["enumi"] = counters.get("enumi", 0), number
    found = _add(reader, name, ordered=True)
    number, counters["enumi"] = counters["enumi"], outer  # which a list may set before its first item
    count = 0
    for item in found.items:
        if not item.marker:
            count += 1
            item.marker = _marker(shown, number + count)
    reader.last_number = number + count


def _terms(reader: LatexReader, name: str) -> None:
    reader.source.optional()
    if name == "labeling":
        reader.drop("d")
    _add(reader, name, ordered=False, terms=True)


def _add(reader: LatexReader, name: str, *, ordered: bool, terms: bool = False) -> ItemList:
    def begin() -> list[Run]:
        label = reader.source.optional()
        if reader.is_beamer:
            reader.overlay()
        runs = reader.line_of(label) if label is not None else []
        if is_blank(runs):
            return []
        if name in EXAM_LISTS:
            return [Run("("), *runs, Run(") ")]
        if terms:
            stop = " " if plain(runs).endswith((":", ".", "—", "–", "?")) else ": "
            return [*in_style(runs, bold=True), Run(stop)]
        return [*runs, Run(" ")]

    reader.sink.paragraph()
    style = reader.style
    lead, items = reader.items(name, f"item {EXAM_LISTS.get(name, '')}", begin)
    reader.style = style
    for block in lead:
        reader.sink.add(block)
    found = ItemList([ListItem(blocks) for blocks in items if blocks], ordered)
    if found.items:
        reader.sink.add(found)
    return found


def _marker(label: str, number: int) -> str:
    """Returns the marker of an item in its label's format."""
    if not label:
        return f"{number}."
    found = _COUNTER.search(label)
    if found is not None:
        kind, before, after = found[1], label[: found.start()], label[found.end() :]
    else:
        sign = next((sign for sign in label if sign in _KINDS), "")
        if not sign:
            return f"{number}."
        before, _, after = label.partition(sign)
        kind = _KINDS[sign]
    write = {"alph": letters, "Alph": letters, "roman": roman, "Roman": roman}.get(kind, str)
    shown = write(number)
    before, after = (re.sub(r"\\[a-zA-Z]+|[{}]", "", part).strip() for part in (before, after))
    return f"{before}{shown.upper() if kind[0].isupper() else shown}{after}"
