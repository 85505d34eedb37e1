"""Reads the blocks of an article: sections, lists, notes, references, in any nesting."""

from __future__ import annotations

from collections.abc import Callable

from fathom.conversion.docling_backends.jats.floats import FloatReader
from fathom.conversion.docling_backends.jats.footnotes import footnote, inline_notes
from fathom.conversion.docling_backends.jats.front import FrontReader
from fathom.conversion.docling_backends.jats.jats_elements import BLOCKS, UNSEEN, Element, child, children, name_of, text_of
from fathom.conversion.docling_backends.jats.jats_lines import LineReader, tex_body
from fathom.conversion.docling_backends.jats.jats_notes import JatsNoteMarks
from fathom.conversion.docling_backends.jats.jats_references import citation_runs, reference_runs
from fathom.conversion.docling_backends.jats.mathml import tex_of
from fathom.conversion.docling_backends.markup.markup_blocks import (
    Code,
    Formula,
    ItemList,
    ListItem,
    MarkupBlock,
    MarkupHeading,
    Paragraph,
)
from fathom.conversion.docling_backends.markup.markup_inline import LINE_BREAK, InlineStyle, Run, is_blank, plain, tidy
from fathom.conversion.docling_backends.markup.numerals import letters, roman

_ORDERED = frozenset({"order", "alpha-lower", "alpha-upper", "roman-lower", "roman-upper"})
_TITLES = {"ack": "Acknowledgments", "fn-group": "Footnotes", "ref-list": "References", "glossary": "Glossary"}
_SECTIONS = frozenset({"sec", "ack", "app", "glossary", "notes", "bio", "boxed-text", "app-group"})
_CITATIONS = frozenset({"mixed-citation", "element-citation", "citation", "nlm-citation"})
_LINES = frozenset({"p", "title", "label", "attrib", "subtitle", "permissions", "td", "th", "verse-line"})
_TITLE = InlineStyle(bold=True)


class ArticleReader:
    """Reads an article, with its responses."""

    def __init__(self, root: Element, marks: JatsNoteMarks, entities: dict[str, str]) -> None:
        self._root = root
        self._lines = LineReader(marks, entities)
        self._front = FrontReader(
            self._lines, self._content, lambda element, level: self._block(element, name_of(element), level)
        )
        self.floats = FloatReader(self._lines, self._block, self._paragraph)
        self._by_name: dict[str, Callable[[Element, int], list[MarkupBlock]]] = {
            "caption": self._caption,
            "list": self._list,
            "def-list": self._definitions,
            "table-wrap": self.floats.table,
            "table": self.floats.table,
            "array": self.floats.table,
            "fig": self.floats.figure,
            "graphic": self.floats.figure,
            "disp-formula": self.floats.formula,
            "supplementary-material": self.floats.supplement,
            "media": self.floats.supplement,
            "alternatives": self.floats.alternatives,
            "fn-group": self._notes,
            "fn": lambda note, level: [footnote(note, self._lines)],
            "ref-list": self._references,
            "code": self._code,
            "preformat": self._code,
            "speech": self._speech,
            "verse-group": self._verse,
            "statement": self._statement,
        }

    def read(self) -> list[MarkupBlock]:
        """Returns the blocks of the whole article."""
        return self._article(self._root, 0)

    def _article(self, article: Element, level: int) -> list[MarkupBlock]:
        """Reads front, body, floating figures and back, then the responses of others, a level below."""
        found = self._front.read(child(article, "front", "front-stub"), level)
        for name in ("body", "floats-group", "back"):
            for part in children(article, name):
                found += self._content(part, level)
                found += inline_notes(self._lines)
        for response in children(article, "sub-article", "response"):
            found += self._article(response, level + 1)
        return found

    def _content(self, element: Element, level: int) -> list[MarkupBlock]:
        """Returns the blocks in the element; loose text between them is a paragraph."""
        found: list[MarkupBlock] = []
        if (element.text or "").strip():
            found.append(Paragraph([Run(element.text)]))
        for inner in element:
            name = name_of(inner)
            if name and name not in UNSEEN and name not in ("title", "label"):
                found += self._block(inner, name, level)
            if (inner.tail or "").strip():
                found.append(Paragraph([Run(inner.tail)]))
        return found

    def _block(self, element: Element, name: str, level: int) -> list[MarkupBlock]:
        read = self._by_name.get(name)
        if read is not None:
            return read(element, level)
        if name in _SECTIONS:
            return self._section(element, name, level + 1)
        if name in _CITATIONS:
            return [Paragraph(citation_runs(element, self._lines))]
        if name == "tex-math":
            return [Formula(tex_body("".join(element.itertext())))]
        if name == "math":
            return [Formula(tex_of(element))]
        if name in _LINES or not any(name_of(inner) in BLOCKS for inner in element):
            return self._paragraph(element, level)
        title = self._title_runs(element)
        lead: list[MarkupBlock] = [Paragraph([Run(run.text, _TITLE) for run in title])] if title else []
        return [*lead, *self._content(element, level)]

    def _paragraph(self, element: Element, level: int) -> list[MarkupBlock]:
        """Returns the paragraph, split at any list, figure or formula inside."""
        found: list[MarkupBlock] = []

        def aside(inner: Element, before: list[Run]) -> None:
            if not is_blank(before):
                found.append(Paragraph(before))
            found.extend(self._block(inner, name_of(inner), level))

        rest = self._lines.runs(element, aside=aside)
        if not is_blank(rest):
            found.append(Paragraph(rest))
        return found

    def _section(self, section: Element, name: str, level: int) -> list[MarkupBlock]:
        runs = self._title_runs(section) or ([Run(_TITLES[name])] if name in _TITLES else [])
        if not runs:  # a section without a title is no level of its own
            return [*self._content(section, level - 1), *inline_notes(self._lines)]
        return [MarkupHeading(runs, level), *self._content(section, level), *inline_notes(self._lines)]

    def _caption(self, caption: Element, level: int) -> list[MarkupBlock]:
        """Returns a caption's blocks; the caption of a box has its title above the box."""
        title = child(caption, "title")
        shown = title is not None and name_of(caption.getparent()) != "boxed-text"
        return [*([Paragraph(self._lines.runs(title, _TITLE))] if shown else []), *self._content(caption, level)]

    def _title_runs(self, element: Element) -> list[Run]:
        """Returns label and title of the element on a single line; empty if it has neither."""
        label, title = child(element, "label"), child(element, "title")
        caption = child(element, "caption") if name_of(element) == "boxed-text" else None
        title = title if title is not None else child(caption, "title")
        runs = tidy(self._lines.runs(label)) if label is not None else []
        shown = tidy(self._lines.runs(title)) if title is not None else []
        return [*runs, *([Run(" ")] if runs and shown else []), *shown]

    def _list(self, element: Element, level: int) -> list[MarkupBlock]:
        kind = (element.get("list-type") or "").strip().lower()
        found = ItemList(ordered=kind in _ORDERED)
        for number, item in enumerate(children(element, "list-item"), 1):
            marker = text_of(child(item, "label")) or _marker(kind, number)
            title = child(item, "title")
            named: list[MarkupBlock] = [Paragraph(self._lines.runs(title, _TITLE))] if title is not None else []
            found.items.append(ListItem([*named, *self._content(item, level)], marker))
        lead = self._title_runs(element)
        return [*([Paragraph(lead)] if lead else []), found]

    def _definitions(self, element: Element, level: int) -> list[MarkupBlock]:
        """Returns a list of terms and definitions, each item beginning with its term."""
        found = ItemList()
        for item in children(element, "def-item", "def-list"):
            if name_of(item) == "def-list":
                found.items.append(ListItem(self._definitions(item, level)))
                continue
            term: list[Run] = []
            for part in children(item, "label", "term"):
                term += [Run(" ", _TITLE), *(Run(run.text, _bold(run.style)) for run in self._lines.runs(part))]
            blocks = [block for meaning in children(item, "def") for block in self._content(meaning, level)]
            first = blocks[0] if blocks and isinstance(blocks[0], Paragraph) else None
            between = "" if plain(term).endswith((":", "=", "–", "—")) else ":"
            lead = Paragraph([*tidy(term), Run(f"{between} "), *(tidy(first.runs) if first else [])])
            found.items.append(ListItem([lead, *(blocks[1:] if first else blocks)]))
        heads = " – ".join(text_of(head) for head in children(element, "term-head", "def-head"))
        lead_runs = self._title_runs(element) or ([Run(heads)] if heads else [])
        return [*([Paragraph(lead_runs)] if lead_runs else []), found]

    def _notes(self, group: Element, level: int) -> list[MarkupBlock]:
        runs = self._title_runs(group) or [Run(_TITLES["fn-group"])]
        notes = self._content(group, level)
        return [MarkupHeading(runs, level + 1), *notes] if notes else []

    def _references(self, element: Element, level: int) -> list[MarkupBlock]:
        runs = self._title_runs(element)
        if not runs and name_of(element.getparent()) != "ref-list":
            runs = [Run(_TITLES["ref-list"])]
        found: list[MarkupBlock] = [MarkupHeading(runs, level + 1)] if runs else []
        entries = ItemList()
        for part in children(element):
            name = name_of(part)
            if name == "ref":
                label = text_of(child(part, "label"))
                marker = f"{label}." if label.isdecimal() else label
                entries.items.append(ListItem([Paragraph(reference_runs(part, self._lines))], marker))
            elif name not in ("title", "label"):
                if entries.items:
                    found.append(entries)
                    entries = ItemList()
                found += self._block(part, name, level + 1)
        return [*found, entries] if entries.items else found

    def _code(self, element: Element, level: int) -> list[MarkupBlock]:
        return [Code("".join(element.itertext()), element.get("language") or "")]

    def _speech(self, element: Element, level: int) -> list[MarkupBlock]:
        speaker = text_of(child(element, "speaker"))
        found: list[MarkupBlock] = []
        for part in children(element):
            found += self._block(part, name_of(part), level) if name_of(part) != "speaker" else []
        if speaker and found and isinstance(found[0], Paragraph):
            found[0] = Paragraph([Run(f"{speaker.rstrip(':')}: ", _TITLE), *found[0].runs])
        return found

    def _verse(self, element: Element, level: int) -> list[MarkupBlock]:
        found: list[MarkupBlock] = []
        runs: list[Run] = []
        for part in children(element):
            if name_of(part) == "verse-group":
                found += self._verse(part, level)
            else:
                runs += [*([Run(LINE_BREAK)] if runs else []), *tidy(self._lines.runs(part))]
        return [*([Paragraph(runs)] if runs else []), *found]

    def _statement(self, element: Element, level: int) -> list[MarkupBlock]:
        runs = self._title_runs(element)
        found = self._content(element, level)
        if runs and found and isinstance(found[0], Paragraph):
            stop = "" if plain(runs).endswith((".", ":")) else "."
            found[0] = Paragraph([Run(plain(runs) + stop, _TITLE), Run(" "), *found[0].runs])
        elif runs:
            found.insert(0, Paragraph(runs))
        return found


def _bold(style: InlineStyle) -> InlineStyle:
    return InlineStyle(
        bold=True, italic=style.italic, script=style.script, link=style.link, formula=style.formula, code=style.code
    )


def _marker(kind: str, number: int) -> str:
    shown = letters(number) if kind.startswith("alpha") else roman(number) if kind.startswith("roman") else ""
    return f"{shown.upper() if kind.endswith('upper') else shown}." if shown else ""
