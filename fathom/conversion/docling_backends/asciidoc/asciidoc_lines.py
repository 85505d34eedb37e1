"""Classifies lines of AsciiDoc: delimited blocks, headings, list items, block attributes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

DELIMITER = re.compile(r"^(-{4,}|\.{4,}|={4,}|\*{4,}|_{4,}|\+{4,}|/{4,}|--|`{3,}[^`\s]*(?:,.*)?|[|,:!]={3,})$")
ATTRIBUTE_LINE = re.compile(r"^\[(?:[\w.#%,\"'{\[:-].*|)\]$")
ANCHOR_LINE = re.compile(r"^\[\[[\w:][\w:.-]*(?:,[^\]]*)?\]\]$")
TITLE_LINE = re.compile(r"^\.(?![.\s])(.+)$")
HEADING = re.compile(r"^(={1,6}|#{1,6})[ \t]+(\S.*?)(?:[ \t]+\1)?$")
UNDERLINES = {"=": 0, "-": 1, "~": 2, "^": 3, "+": 4}
BLOCK_MACRO = re.compile(r"^(image|video|audio|toc|stem)::([^\[\]]*)\[(.*)\]$")
ADMONITION = re.compile(r"^(NOTE|TIP|IMPORTANT|WARNING|CAUTION):[ \t]+(.*)$", re.S)
ADMONITIONS = frozenset({"NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION"})
BREAK = re.compile(r"^(?:'{3,}|<{3,}|-{3}|\*{3}|- - -|\* \* \*)$")
_UNORDERED = re.compile(r"^([ \t]*)(-|\*{1,5}|•)[ \t]+(\S.*)$")
_ORDERED = re.compile(r"^([ \t]*)(\.{1,5}|\d{1,9}\.|[a-zA-Z]\.|[ivxIVX]{1,8}\))[ \t]+(\S.*)$")
_CALLOUT = re.compile(r"^(<(?:\d{1,4}|\.)>)[ \t]+(\S.*)$")
_TERM = re.compile(r"^([ \t]*)(?!//)(\S|\S.*?[^\s:;])(:{2,4}|;;)(?:[ \t]+(.*))?$")
_CHECK = re.compile(r"^\[([ xX*])\][ \t]+(.*)$", re.S)
_NAMED = re.compile(r"^\s*([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|(.*?))\s*$", re.S)
_PARTS = re.compile(r"(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[^,\"']+|[\"'])+")


@dataclass(frozen=True, slots=True)
class Marker:
    """The marker of a list item: its kind, the key shared by the items of a list, and the text behind it."""

    kind: str  # "unordered", "ordered", "callout", "term"
    key: str
    indent: int
    text: str
    shown: str = ""  # the number as it is written
    term: str = ""


@dataclass(slots=True)
class BlockAttributes:
    """The attributes of a block, from the lines in brackets above it."""

    positional: list[str] = field(default_factory=list[str])
    named: dict[str, str] = field(default_factory=dict[str, str])
    options: set[str] = field(default_factory=set[str])
    title: str = ""

    @property
    def style(self) -> str:
        """The block's style, such as `source` or `quote`."""
        return self.positional[0] if self.positional else ""

    def take(self, line: str) -> None:
        """Adds the attributes of a line in brackets to those of earlier lines."""
        parts = [part.strip() for part in _PARTS.findall(line[1:-1])] if line[1:-1].strip() else []
        if line[1:2] == ",":
            parts.insert(0, "")
        for index, part in enumerate(parts):
            named = _NAMED.match(part)
            if named is not None:
                name = named[1].casefold()
                value = next((group for group in named.groups()[1:] if group is not None), "")
                if name in ("options", "opts"):
                    self.options.update(option.strip() for option in value.split(","))
                else:
                    self.named[name] = value
            elif part.startswith("%"):
                self.options.update(option for option in part.split("%") if option)
            elif index == 0:
                style, *shorthand = re.split(r"(?=[.#%])", part)
                self.options.update(piece[1:] for piece in shorthand if piece.startswith("%"))
                if style or not self.positional:
                    self.positional[:1] = [style]
            else:
                self.positional += [""] * (index + 1 - len(self.positional))
                self.positional[index] = part.strip("\"'")
        if "title" in self.named and not self.title:
            self.title = self.named["title"]


def marker_of(line: str) -> Marker | None:
    """Returns the marker that the line begins with, or None if it is no item."""
    if not line or line[0] in "|+":
        return None
    if (found := _UNORDERED.match(line)) is not None:
        return Marker("unordered", found[2], _width(found[1]), found[3])
    if (found := _ORDERED.match(line)) is not None:
        mark = found[2]
        key = mark if mark[0] == "." else "1." if mark[0].isdigit() else "i)" if mark.endswith(")") else "a."
        return Marker("ordered", key, _width(found[1]), found[3], shown="" if mark[0] == "." else mark)
    if (found := _CALLOUT.match(line)) is not None:
        return Marker("callout", "<1>", 0, found[2], shown=found[1].strip("<>") + ".")
    if "::" in line or ";;" in line:
        found = _TERM.match(line)
        if found is not None and not BLOCK_MACRO.match(line):
            return Marker("term", found[3], _width(found[1]), (found[4] or "").strip(), term=found[2])
    return None


def checkbox(text: str) -> tuple[str, str]:
    """Returns the state of a checklist's item as `[x] ` or `[ ] `, empty for other items, and the text behind it."""
    found = _CHECK.match(text)
    if found is None:
        return "", text
    return ("[ ] " if found[1] == " " else "[x] "), found[2]


def is_literal(line: str) -> bool:
    """Returns whether the line is indented, and therefore literal."""
    return line[:1] in (" ", "\t")


def _width(blanks: str) -> int:
    return len(blanks.expandtabs(4))
