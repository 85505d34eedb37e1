"""The words of OpenDocument texts, presentations and spreadsheets, without deleted or hidden text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from fathom.conversion.quality.source_words.office.packages import OfficePackage
from fathom.conversion.quality.source_words.source_block import SourceBlock, is_page_number

# Deleted text, descriptions for the blind, readings above characters, formulas, code of forms, cells that others cover.
SKIPPED = frozenset(
    {
        "text:tracked-changes", "svg:title", "svg:desc", "text:ruby-text", "math:math", "office:forms", "office:scripts",
        "text:note-citation", "table:covered-table-cell", "dc:creator", "dc:date", "office:event-listeners",
        "text:page-number", "text:page-count", "presentation:footer", "presentation:date-time", "table:tracked-changes",
        "table:shapes-hidden", "text:hidden-text", "text:index-title-template", "text:bibliography-source",
    }
)  # fmt: skip
PARAGRAPHS = frozenset({"text:p", "text:h"})
RUNNING = frozenset(f"style:{name}{pages}" for name in ("header", "footer") for pages in ("", "-left", "-first"))
BLANKS = frozenset({"text:tab", "text:line-break", "text:s"})
# In a style: its text is shown nowhere.
HIDES = frozenset({("text:display", "none"), ("table:display", "false"), ("presentation:visibility", "hidden")})
PAGE_FIELDS = frozenset({"text:page-number", "text:page-count"})
CONTENT = "content.xml"
# In a header, the numbers of pages, which are others on each.
PAGE_NUMBER = re.compile(r"\b\d{1,3}\b")
MAX_OBJECTS = 1_000
MAX_COLUMNS = 20_000


def opendocument_blocks(package: OfficePackage) -> Iterator[SourceBlock]:
    """Yields the paragraphs of the document, its notes and comments among them, and those of charts inside it."""
    content = _Content()
    yield from package.read(CONTENT, content)
    used = content.masters or {"Standard"}
    for master, block in _running_blocks(package):
        if master in used:  # several may be used or not
            group = f"{master}: {block.text}" if content.masters else ""
            yield replace(block, text=PAGE_NUMBER.sub(" ", block.text), group=group, repeated=True)
    for name in content.objects:
        part = f"{name.removeprefix('./').rstrip('/')}/{CONTENT}"
        yield from package.read(part, _Content(where="object"))


def _running_blocks(package: OfficePackage) -> Iterator[tuple[str, SourceBlock]]:
    """Yields the paragraphs of headers and footers, each with the name of its master page."""
    running = _Running()
    for block in package.read("styles.xml", running):
        if not is_page_number(block.text):
            yield block.where, block


def _repeated(attributes: Mapping[str, str]) -> int:
    """Returns for how many columns the cell or column stands."""
    repeated = attributes.get("table:number-columns-repeated", "1")
    return min(int(repeated), MAX_COLUMNS) if repeated.isdecimal() and len(repeated) < 10 else 1


class _Content:
    """Gathers paragraphs, those of notes and text frames apart from the paragraph they stand in."""

    def __init__(self, where: str = "text") -> None:
        self.objects: list[str] = []
        self.masters: set[str] = set()
        self._where = where
        self._base = where
        self._frames: list[list[str]] = []
        self._skipping = 0
        self._pages = 0
        self._style = ""
        self._hidden_styles: set[str] = set()
        self._columns: list[bool] = []
        self._column = 0
        self._found: list[SourceBlock] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Takes an element."""
        if self._skipping:
            self._skipping += 1
        elif name in SKIPPED or self._is_hidden(name, attributes):
            self._skipping = 1
        elif name in PARAGRAPHS:
            self._frames.append([])
        elif self._frames and name in BLANKS:
            self._frames[-1].append(" ")
        else:
            self._structure(name, attributes)

    def _structure(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "style:style":
            self.masters |= {attributes.get("style:master-page-name", "")} - {""}
            self._style = attributes.get("style:name", "")
        elif HIDES & attributes.items():
            self._hidden_styles.add(self._style)
        elif name == "draw:page":
            self._pages += 1
            self._where = f"slide {self._pages}"
        elif name == "table:table":
            self._columns = []
            if attributes.get("table:name"):
                self._where = f"{self._base}, table {attributes['table:name']}" if self._pages == 0 else self._where
        elif name == "table:table-column":
            hidden = attributes.get("table:visibility", "visible") != "visible"
            self._columns += [hidden] * min(_repeated(attributes), MAX_COLUMNS - len(self._columns))
        elif name == "table:table-row":
            self._column = 0
        elif name == "draw:object" and len(self.objects) < MAX_OBJECTS:
            self.objects.append(attributes.get("xlink:href", ""))

    def _is_hidden(self, name: str, attributes: Mapping[str, str]) -> bool:
        if name == "table:table-row":
            return attributes.get("table:visibility", "visible") != "visible"
        if name == "table:table-row-group":
            return attributes.get("table:display") == "false"
        if name == "table:table-cell":
            first = self._column
            self._column += _repeated(attributes)
            return first < len(self._columns) and self._columns[first]
        if name in ("draw:page", "table:table"):
            style = attributes.get("draw:style-name") or attributes.get("table:style-name")
            return style in self._hidden_styles
        if name in ("text:span", "text:p", "text:h"):
            return attributes.get("text:style-name") in self._hidden_styles
        if name.startswith("text:") and attributes.get("text:display") == "none":
            return True
        if name == "text:section":
            return attributes.get("text:is-hidden") == "true"
        return name in ("draw:frame", "draw:custom-shape") and attributes.get("presentation:class") in (
            "header", "footer", "date-time", "page-number",
        )  # fmt: skip

    def end(self, name: str) -> None:
        """Ends an element."""
        if self._skipping:
            self._skipping -= 1
        elif name in PARAGRAPHS and self._frames:
            text = "".join(self._frames.pop())
            if text.strip():
                self._found.append(SourceBlock(text, self._where, in_chart=self._base == "object"))

    def text(self, text: str) -> None:
        """Takes a text."""
        if self._frames and not self._skipping:
            self._frames[-1].append(text)

    def take(self) -> list[SourceBlock]:
        """Returns the paragraphs that are whole."""
        found, self._found = self._found, []
        return found


class _Running(_Content):
    """Gathers the paragraphs of headers and footers; their place is the name of the master page."""

    def __init__(self) -> None:
        super().__init__()
        self._inside = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Takes an element."""
        if name == "style:master-page":
            self._where = attributes.get("style:name", "")
        if name in PAGE_FIELDS and not self._skipping:
            return  # its text tells that the line is a page's number
        if name in RUNNING and attributes.get("style:display", "true") not in ("false", "0"):
            self._inside += 1
        if self._inside or name not in PARAGRAPHS:
            super().start(name, attributes)

    def end(self, name: str) -> None:
        """Ends an element."""
        if self._inside or name not in PARAGRAPHS:
            super().end(name)
        self._inside -= name in RUNNING and self._inside > 0
