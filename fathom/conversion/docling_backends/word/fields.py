"""Keeps the displayed result of fields and drops their instructions: results, links, form controls, symbols."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from fathom.conversion.docling_backends.office.symbols import symbol_character
from fathom.conversion.docling_backends.office.whole_numbers import whole_number
from fathom.conversion.docling_backends.word.word_markup import (
    LINK,
    RUN,
    VAL,
    W,
    content_of,
    is_on,
    remove,
    shown_text,
    text_element,
    value_of,
)

CHECKED, UNCHECKED = "☒", "☐"
_URL = re.compile(r'^\s*HYPERLINK\s+(?:\\[mntho]\s+)*"([^"]+)"(?:.*?\\l\s+"([^"]*)")?', re.I | re.S)
_BARE_URL = re.compile(r"^\s*HYPERLINK\s+([^\s\\\"]+)", re.I)
_SYMBOL = re.compile(r"^\s*SYMBOL\s+(0x[0-9a-f]+|\d+)(?:.*?\\f\s+\"?([^\"\\]+)\"?)?", re.I | re.S)
_RUBY = re.compile(r"\\s\s*\\up\s*[\d.]+\s*\(([^()]*)\)\s*[,;]\s*([^()]*)\)", re.I)
_FRACTION = re.compile(r"\\f\s*\(([^(),;]*)[,;]([^()]*)\)", re.I)
_SWITCH = re.compile(r"\\\*\s*\w+|\"[^\"]*\"|\\[a-z]+\d*", re.I)
_MARKS = frozenset({f"{W}{name}" for name in ("fldChar", "instrText", "delInstrText", "lastRenderedPageBreak")})


@dataclass
class _Field:
    """An open field: its instruction, its content, and the runs of its result."""

    begin: Any
    instruction: str = ""
    separated: bool = False
    within: list[Any] = field(default_factory=list[Any])
    results: list[Any] = field(default_factory=list[Any])


def reduce_to_results(root: Any) -> None:
    """Reduces every complete field to its displayed result. A field that does not end is unchanged."""
    for simple in list(root.iter(f"{W}fldSimple")):
        url = link_of(simple.get(f"{W}instr", ""))
        for run in simple.iter(RUN) if url else ():
            run.set(LINK, url)
    waiting: list[_Field] = []
    for run in list(root.iter(RUN)):
        for child in list(content_of(run)):
            if child.tag == f"{W}fldChar":
                _mark(waiting, child)
            elif child.tag == f"{W}instrText":
                if waiting and not waiting[-1].separated:
                    waiting[-1].instruction += child.text or ""
            elif child.tag not in _MARKS:
                _place(waiting, run, child)


def link_of(instruction: str) -> str:
    """Returns the URL of a HYPERLINK instruction, empty if the target is internal."""
    found = _URL.match(instruction)
    if found is None:
        bare = _BARE_URL.match(instruction)
        return bare[1] if bare else ""
    url = found[1].replace("\\\\", "\\")
    return f"{url}#{found[2]}" if found[2] else url


def _mark(waiting: list[_Field], mark: Any) -> None:
    kind = mark.get(f"{W}fldCharType")
    if kind == "begin":
        waiting.append(_Field(mark))
    elif kind == "separate" and waiting:
        waiting[-1].separated = True
    elif kind == "end" and waiting:
        _finish(waiting.pop(), mark)


def _place(waiting: list[_Field], run: Any, content: Any) -> None:
    """Assigns the content to the outermost field whose instruction contains it, else to the fields whose result it is."""
    for open_field in waiting:
        if not open_field.separated:
            open_field.within.append(content)
            return
        open_field.results.append(run)


def _finish(done: _Field, end: Any) -> None:
    for content in done.within:
        remove(content)
    url = link_of(done.instruction)
    for run in done.results if url else ():
        if run.get(LINK) is None:
            run.set(LINK, url)
    shown = _form_control(done)
    if shown is None and not done.separated:
        shown = _computed(done.instruction)
    if shown:
        end.addprevious(text_element(end, shown))


def _form_control(done: _Field) -> str | None:
    """Returns the state of a form check box or the chosen entry of a list; None for other fields and those with a result."""
    box = done.begin.find(f"{W}ffData/{W}checkBox")
    if box is not None:
        state = is_on(box.find(f"{W}checked"))
        return CHECKED if (is_on(box.find(f"{W}default")) if state is None else state) else UNCHECKED
    choices = done.begin.find(f"{W}ffData/{W}ddList")
    if choices is None or any(shown_text(run).strip() for run in done.results):
        return None
    entries = [entry.get(VAL, "") for entry in choices.iterfind(f"{W}listEntry")]
    chosen = value_of(choices, f"{W}result") or value_of(choices, f"{W}default") or "0"
    at = whole_number(chosen, len(entries))
    return entries[at] if at < len(entries) else None


def _computed(instruction: str) -> str | None:
    """Returns the displayed text of a field without a stored result: a symbol, a ruby text or an EQ formula."""
    symbol = _SYMBOL.match(instruction)
    if symbol:
        code = int(symbol[1], 0) if symbol[1].lower().startswith("0x") else int(symbol[1])
        return symbol_character((symbol[2] or "").strip(), f"{code:x}")
    if not instruction.strip().upper().startswith("EQ"):
        return None
    drawn = instruction.strip()[2:]
    drawn = _RUBY.sub(lambda found: f"{found[2].strip()}({found[1].strip()}))", drawn)
    drawn = _FRACTION.sub(lambda found: f"{found[1].strip()}/{found[2].strip()}", drawn)
    drawn = _SWITCH.sub("", drawn).strip()
    while drawn.startswith("(") and drawn.endswith(")"):
        drawn = drawn[1:-1].strip()
    return drawn
