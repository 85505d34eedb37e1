"""Reads tables, figures, displayed formulas and supplements of an article, each with its label and caption."""

from __future__ import annotations

from collections.abc import Callable

from fathom.conversion.docling_backends.jats.footnotes import inline_notes, notes_below_table
from fathom.conversion.docling_backends.jats.jats_elements import (
    BLOCKS,
    XLINK_HREF,
    Element,
    below,
    child,
    children,
    name_of,
    text_of,
)
from fathom.conversion.docling_backends.jats.jats_lines import LineReader
from fathom.conversion.docling_backends.jats.jats_tables import table_rows
from fathom.conversion.docling_backends.markup.markup_blocks import Formula, MarkupBlock, MarkupTable, Paragraph, Picture
from fathom.conversion.docling_backends.markup.markup_inline import Run, tidy

ReadJatsBlock = Callable[[Element, str, int], list[MarkupBlock]]
ReadParagraph = Callable[[Element, int], list[MarkupBlock]]
_BELOW_TABLE = frozenset({"p", "disp-quote", "list", "attrib", "permissions"})
_IN_FIGURE = BLOCKS - {"graphic", "media", "alternatives"} | {"permissions"}
_SUPPLEMENT = "supplementary-material"
_ALTERNATIVES = ("table", "tex-math", "math", "textual-form", "code", "preformat", "graphic", "media")


class FloatReader:
    """Reads floats; `pictured` counts formulas and tables that are only pictures."""

    def __init__(self, lines: LineReader, block: ReadJatsBlock, paragraph: ReadParagraph) -> None:
        self._lines, self._block, self._paragraph = lines, block, paragraph
        self.pictured = 0

    def table(self, element: Element, level: int) -> list[MarkupBlock]:
        """Reads a `table-wrap` or a bare table, with its caption and notes."""
        caption = self._caption_runs(element)
        tables = [element] if name_of(element) in ("table", "array") else list(children(element, "table"))
        tables += [table for group in children(element, "alternatives") for table in children(group, "table")]
        found: list[MarkupBlock] = []
        for table in tables:
            rows = table_rows(table, lambda cell: self._paragraph(cell, level))
            found.append(MarkupTable(rows, [] if found else caption))
        if not found:
            is_picture = next(below(element, "graphic"), None) is not None
            found.append(Picture(caption) if is_picture else Paragraph(caption, "caption"))
            self.pictured += is_picture
        notes = [note for foot in children(element, "table-wrap-foot") for note in notes_below_table(foot, self._lines)]
        if isinstance(found[-1], MarkupTable):
            found[-1].notes += notes
        else:
            found += notes
        found += self._supplements(element, level)
        for inner in children(element, *_BELOW_TABLE):
            found += self._block(inner, name_of(inner), level)
        return [*found, *inline_notes(self._lines)]

    def figure(self, element: Element, level: int) -> list[MarkupBlock]:
        """Reads a figure: its caption, else its description, and its other content."""
        described = [element, *(below(element, "graphic") if name_of(element) == "fig" else ())]
        descriptions = [text_of(child(holder, "alt-text", "long-desc")) for holder in described]
        caption = self._caption_runs(element)
        for part in children(element, "attrib"):
            caption += [Run(" "), *tidy(self._lines.runs(part))]
        found: list[MarkupBlock] = [Picture(tidy(caption), next((text for text in descriptions if text), ""))]
        found += self._supplements(element, level)
        for inner in children(element, *_IN_FIGURE):
            found += self._block(inner, name_of(inner), level)
        return [*found, *inline_notes(self._lines)]

    def formula(self, element: Element, level: int) -> list[MarkupBlock]:
        """Reads a displayed formula with its number; a formula that is only a picture is counted."""
        label = text_of(child(element, "label")).strip("()")
        tex = " ".join(run.text for run in tidy(self._lines.formula(element))).strip()
        if not tex:
            self.pictured += 1
            return [Paragraph([Run(f"({label})")])] if label else []
        return [Formula(f"{tex} \\tag{{{label}}}" if label else tex)]

    def supplement(self, element: Element, level: int) -> list[MarkupBlock]:
        """Reads label, caption and file name of material that is not part of the article's text."""
        runs = self._caption_runs(element)
        holders = (element, *below(element, "media"), *below(element, "inline-supplementary-material"))
        names = dict.fromkeys(name for holder in holders if (name := holder.get(XLINK_HREF)))
        parts = [self._caption_runs(media) for media in below(element, "media")]
        parts += [[Run(name)] for name in names]
        parts += [self._lines.runs(part) for part in children(element, "p", "attrib", "ext-link")]
        for part in parts:
            runs += [*([Run(" ")] if runs else []), *part]
        return [Paragraph(runs)] if runs else []

    def _supplements(self, element: Element, level: int) -> list[MarkupBlock]:
        """Reads the supplements in the caption of a figure or table."""
        found: list[MarkupBlock] = []
        for caption in children(element, "caption"):
            for inner in below(caption, _SUPPLEMENT):
                found += self.supplement(inner, level)
        return found

    def alternatives(self, element: Element, level: int) -> list[MarkupBlock]:
        """Reads the rendition with the most text."""
        chosen = next((found for name in _ALTERNATIVES if (found := child(element, name)) is not None), None)
        return self._block(chosen, name_of(chosen), level) if chosen is not None else []

    def _caption_part(self, part: Element) -> list[Run]:
        runs: list[Run] = []

        def aside(inner: Element, before: list[Run]) -> None:
            runs.extend(before)
            if name_of(inner) != _SUPPLEMENT:
                runs.extend([Run(" "), *self._lines.runs(inner), Run(" ")])

        rest = self._lines.runs(part, aside=aside)
        return [*runs, *rest]

    def _caption_runs(self, element: Element) -> list[Run]:
        """Returns label and caption on a single line, without supplements."""
        parts = [self._lines.runs(part) for part in children(element, "label")]
        for caption in children(element, "caption"):
            inner = [part for part in children(caption) if name_of(part) != _SUPPLEMENT]
            parts += [self._caption_part(part) for part in inner] or [self._lines.runs(caption)]
        runs: list[Run] = []
        for part in parts:
            shown = tidy(part)
            runs += [Run(" "), *shown] if runs and shown else shown
        return runs
