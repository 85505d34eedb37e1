"""The words of a Word document: its paragraphs, notes, comments and drawings, without deleted or hidden text."""

from __future__ import annotations

import email
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from email import policy
from io import BytesIO

from fathom.conversion.quality.source_words.html_source import html_blocks
from fathom.conversion.quality.source_words.mail_source import part_blocks
from fathom.conversion.quality.source_words.office.drawing_source import chart_blocks, diagram_blocks
from fathom.conversion.quality.source_words.office.packages import NoBlocks, OfficePackage
from fathom.conversion.quality.source_words.source_block import SourceBlock, is_page_number

# Deleted and moved text, field codes, readings above characters, formulas (which are shown as LaTeX), second versions.
SKIPPED = frozenset(
    {
        "w:del", "w:moveFrom", "w:instrText", "w:delText", "w:fldData", "w:rt", "w:pPrChange", "w:rPrChange", "w:tabs",
        "w:sdtPr", "m:oMath", "mc:Fallback", "w:sectPr", "w:tblPr", "w:trPr",
    }
)  # fmt: skip
BLANKS = frozenset({"w:tab", "w:br", "w:cr", "w:ptab"})
OFF = frozenset({"0", "false", "off"})
PRIVATE_USE = range(0xE000, 0xF900)
# In a header, the numbers of pages, which are others on each.
PAGE_NUMBER = re.compile(r"\b\d{1,3}\b")
MAX_DEPTH = 3


def word_blocks(package: OfficePackage, depth: int = 0) -> Iterator[SourceBlock]:
    """Yields the paragraphs of the document, then those of notes that are referred to, of comments, of headers and footers
    that pages show, of parts that are documents of their own (`depth`: within how many the package is), diagrams and charts.
    """
    main = package.main_part()
    relations = package.relations(main)
    parts = {relation.kind: relation.target for relation in relations}
    hidden = _hidden_styles(package, parts.get("styles", ""))
    body = _Paragraphs("document", hidden)
    yield from package.read(main, body)
    for kind in ("footnotes", "endnotes"):
        if kind in parts:
            yield from package.read(parts[kind], _Paragraphs(kind, hidden, only=body.referred[kind]))
    if "comments" in parts:
        yield from package.read(parts["comments"], _Paragraphs("comments", hidden))
    targets = {relation.id: relation.target for relation in relations}
    settings = _Settings()
    for _ in package.read(parts.get("settings", ""), settings):
        pass
    for reference in body.sections.shown(even=settings.even_pages):
        for block in package.read(targets.get(reference, ""), _Paragraphs("headers and footers", hidden, prompts=False)):
            if not is_page_number(block.text):
                yield replace(block, text=PAGE_NUMBER.sub(" ", block.text), repeated=True)
    for relation in relations:
        if relation.kind == "aFChunk" and depth < MAX_DEPTH:
            yield from _imported(package.content(relation.target), depth + 1)
    yield from diagram_blocks(package, relations, "diagram")
    yield from chart_blocks(package, relations, "chart")


def _imported(data: bytes, depth: int) -> Iterator[SourceBlock]:
    """Yields the text of a part that is a Word file, a saved page or HTML; other parts are not asked for."""
    head = data[:2000].lower()
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            yield from word_blocks(OfficePackage(archive), depth)
    elif data[:13].lower() == b"mime-version:":
        yield from part_blocks(email.message_from_bytes(data, policy=policy.compat32))
    elif b"<html" in head:
        yield from html_blocks(data, None if b"charset" in head else "utf-8", "imported part")


class _Sections:
    """The headers and footers of each section, which inherits those that it does not name from the section before."""

    def __init__(self) -> None:
        self._named: dict[tuple[str, str], str] = {}
        self._has_first = False
        self._shown: dict[tuple[str, str], None] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Takes an element of a section's properties, or their beginning."""
        if name == "w:sectPr":
            self._has_first = False
        elif name == "w:titlePg":
            self._has_first = attributes.get("w:val", "1") not in OFF
        elif name in ("w:headerReference", "w:footerReference"):
            self._named[name, attributes.get("w:type", "default")] = attributes.get("r:id", "")

    def end(self) -> None:
        """Ends a section's properties."""
        for (_, kind), reference in self._named.items():
            if kind != "first" or self._has_first:
                self._shown[kind, reference] = None

    def shown(self, *, even: bool) -> list[str]:
        """Returns the ids of the headers and footers that pages show; those of even pages only where they have their own."""
        return [reference for kind, reference in self._shown if kind != "even" or even]


@dataclass(slots=True)
class _ParagraphState:
    """A paragraph that is being read; text boxes stand within a paragraph and have paragraphs of their own."""

    texts: list[str] = field(default_factory=list[str])
    run: list[str] | None = None
    paragraph_hidden: bool = False
    run_hidden: bool = False


class _Paragraphs:
    """Gathers paragraphs; `only` are the ids of the notes that are wanted, `prompts`: placeholders to be filled in are."""

    def __init__(self, where: str, hidden: frozenset[str], only: set[str] | None = None, *, prompts: bool = True) -> None:
        self.referred: dict[str, set[str]] = {"footnotes": set(), "endnotes": set()}
        self.sections = _Sections()
        self._where = where
        self._hidden = hidden
        self._only = only
        self._prompts = prompts
        self._in_prompt = False
        self._frames: list[_ParagraphState] = []
        self._skipping = 0
        self._reading = False
        self._cells: list[bool] = []  # of each cell around, whether it is deleted or covered by the cell above
        self._found: list[SourceBlock] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Takes an element."""
        if self._skipping:
            self._skipping += 1
            if self._skipping == 2:  # of a section's properties, or nothing that has its names
                self.sections.start(name, attributes)
            self._in_prompt |= name == "w:showingPlcHdr" and not self._prompts
        elif name in SKIPPED or (name in ("w:footnote", "w:endnote") and not self._wanted(attributes)):
            self._skipping = 1
            self.sections.start(name, attributes)
        elif name == "w:sdtContent" and self._in_prompt:
            self._skipping, self._in_prompt = 1, False
        elif name == "w:p":
            self._frames.append(_ParagraphState())
        elif name == "w:tc":
            self._cells.append(False)
        elif self._cells and (name == "w:cellDel" or _is_covered(name, attributes)):
            self._cells[-1] = True
        elif self._frames:
            self._inside(self._frames[-1], name, attributes)

    def _inside(self, frame: _ParagraphState, name: str, attributes: Mapping[str, str]) -> None:
        if name == "w:t":
            self._reading = True
        elif name == "w:r":
            frame.run, frame.run_hidden = [], frame.paragraph_hidden
        elif name == "w:vanish":
            frame.run_hidden = frame.run is not None and attributes.get("w:val", "1") not in OFF
        elif name == "w:rStyle":
            frame.run_hidden |= attributes.get("w:val", "") in self._hidden
        elif name == "w:pStyle":
            frame.paragraph_hidden = attributes.get("w:val", "") in self._hidden
        elif name in BLANKS:
            self._add(frame, " ")
        elif name == "w:noBreakHyphen":
            self._add(frame, "-")
        elif name == "w:footnoteReference":
            self.referred["footnotes"].add(attributes.get("w:id", ""))
        elif name == "w:endnoteReference":
            self.referred["endnotes"].add(attributes.get("w:id", ""))

    def end(self, name: str) -> None:
        """Ends an element."""
        if self._skipping:
            self._skipping -= 1
            if name == "w:sectPr" and not self._skipping:
                self.sections.end()
        elif name == "w:t":
            self._reading = False
        elif name == "w:r" and self._frames:
            frame = self._frames[-1]
            if frame.run and not frame.run_hidden:
                frame.texts += frame.run
            frame.run = None
        elif name == "w:tc" and self._cells:
            self._cells.pop()
        elif name == "w:p" and self._frames:
            text = "".join(self._frames.pop().texts)
            if text.strip() and not any(self._cells):
                self._found.append(SourceBlock(text, self._where))

    def text(self, text: str) -> None:
        """Takes a text."""
        if self._reading and not self._skipping:
            self._add(self._frames[-1], text)

    def take(self) -> list[SourceBlock]:
        """Returns the paragraphs that are whole."""
        found, self._found = self._found, []
        return found

    def _add(self, frame: _ParagraphState, text: str) -> None:
        (frame.texts if frame.run is None else frame.run).append(text)

    def _wanted(self, attributes: Mapping[str, str]) -> bool:
        return self._only is None or attributes.get("w:id", "") in self._only


def _is_covered(name: str, attributes: Mapping[str, str]) -> bool:
    return name == "w:vMerge" and attributes.get("w:val", "continue") == "continue"


def _hidden_styles(package: OfficePackage, part: str) -> frozenset[str]:
    """Returns the ids of the styles whose text is hidden, by themselves or by the style they are based on."""
    styles = _Styles()
    for _ in package.read(part, styles):
        pass
    hidden = set(styles.hidden)
    while more := {style for style, base in styles.based_on.items() if base in hidden and style not in hidden | styles.shown}:
        hidden |= more
    return frozenset(hidden)


class _Settings(NoBlocks):
    def __init__(self) -> None:
        self.even_pages = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "w:evenAndOddHeaders":
            self.even_pages = attributes.get("w:val", "1") not in OFF


class _Styles(NoBlocks):
    def __init__(self) -> None:
        self.hidden: set[str] = set()
        self.shown: set[str] = set()
        self.based_on: dict[str, str] = {}
        self._style = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "w:style":
            self._style = attributes.get("w:styleId", "")
        elif name == "w:basedOn":
            self.based_on[self._style] = attributes.get("w:val", "")
        elif name == "w:vanish" and self._style:
            (self.shown if attributes.get("w:val", "1") in OFF else self.hidden).add(self._style)
