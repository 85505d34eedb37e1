"""The words of a presentation: slides that are shown, in order, with their notes, diagrams and charts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from fathom.conversion.quality.source_words.office.drawing_source import DrawnText, chart_blocks, diagram_blocks
from fathom.conversion.quality.source_words.office.packages import NoBlocks, OfficePackage
from fathom.conversion.quality.source_words.source_block import SourceBlock, is_page_number

OFF = frozenset({"0", "false"})
# Placeholders that every slide repeats.
FURNITURE = frozenset({"sldNum", "dt", "hdr"})
FOOTER = "ftr"
SHAPES = frozenset({"p:sp", "p:graphicFrame", "p:pic", "p:cxnSp"})


def slide_blocks(package: OfficePackage) -> Iterator[SourceBlock]:
    """Yields the paragraphs of each slide that is shown, then of its diagrams, charts and notes."""
    main = package.main_part()
    order = _SlideOrder()
    for _ in package.read(main, order):
        pass
    targets = {relation.id: relation.target for relation in package.relations(main) if relation.kind == "slide"}
    slides = [targets[key] for key in order.ids if key in targets]
    for number, slide in enumerate(slides, start=1):
        where = f"slide {number}"
        handler = _SlideText(where)
        blocks = list(package.read(slide, handler))
        if handler.is_hidden:
            continue
        yield from blocks
        relations = package.relations(slide)
        yield from diagram_blocks(package, relations, f"diagram on {where}")
        yield from chart_blocks(package, relations, f"chart on {where}")
        yield from _drawn_blocks(package, slide)
        for relation in relations:
            if relation.kind == "notesSlide":
                yield from package.read(relation.target, _NotesText(f"notes of {where}"))
            elif relation.kind == "comments":
                yield from package.read(relation.target, _CommentText(f"comments on {where}"))


def _drawn_blocks(package: OfficePackage, slide: str) -> Iterator[SourceBlock]:
    """Yields the drawings of the slide's layout and its master, each a group of its own, since it may lie beside the slide."""
    for layout in package.related(slide, "slideLayout"):
        for part in (layout, *package.related(layout, "slideMaster")):
            drawn = package.read(part, _DrawnOnSlides(part))
            yield from (replace(block, group=f"{part} {number}") for number, block in enumerate(drawn))


class _SlideOrder(NoBlocks):
    def __init__(self) -> None:
        self.ids: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "p:sldId":
            self.ids.append(attributes.get("r:id", ""))


class _SlideText(DrawnText):
    """Gathers the paragraphs of a slide's shapes, without those that are hidden or are the same on every slide."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.is_hidden = False
        self._shape: list[SourceBlock] | None = None
        self._shape_left_out = False
        self._is_repeated = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Takes an element."""
        if name == "p:sld":
            self.is_hidden = attributes.get("show", "1") in OFF
        elif name in SHAPES:
            self._shape_left_out = self._is_repeated = False
        elif name == "p:cNvPr":
            self._shape_left_out |= attributes.get("hidden", "0") not in OFF
        elif name == "p:ph":
            self._shape_left_out |= self.is_furniture(attributes)
            self._is_repeated = attributes.get("type") == FOOTER
        super().start(name, attributes)

    def is_furniture(self, placeholder: Mapping[str, str]) -> bool:
        """Returns whether the placeholder is no content of the slide."""
        return placeholder.get("type", "obj") in FURNITURE

    def add(self, text: str) -> None:
        """Keeps a text as a block; a footer as a repeated text of slides."""
        if text.strip() and not (self._is_repeated and is_page_number(text)):
            self._found.append(SourceBlock(text, self._where, repeated=self._is_repeated))

    def is_left_out(self, name: str, attributes: Mapping[str, str]) -> bool:
        """Returns whether the element is hidden from readers: of a hidden shape, or a covered cell."""
        if name in ("p:txBody", "a:tbl"):
            return self._shape_left_out
        return name == "a:tc" and any(attributes.get(key, "0") not in OFF for key in ("hMerge", "vMerge"))


class _DrawnOnSlides(_SlideText):
    """Gathers the texts of a layout or master outside the places that slides fill."""

    def is_furniture(self, placeholder: Mapping[str, str]) -> bool:
        """Says that no place for a slide's own text is drawn."""
        return True

    def add(self, text: str) -> None:
        """Keeps a text as a repeated text of slides."""
        if text.strip() and not is_page_number(text):
            self._found.append(SourceBlock(text, self._where, repeated=True))


class _NotesText(_SlideText):
    """Gathers the speaker's notes."""

    def is_furniture(self, placeholder: Mapping[str, str]) -> bool:
        """Returns whether the placeholder holds anything else than the notes."""
        return placeholder.get("type", "obj") != "body"


class _CommentText(DrawnText):
    """Gathers comments: older comments are a text of their own, newer comments paragraphs."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Takes an element."""
        super().start(name, attributes)
        if name == "p:text":
            self._reading = True

    def end(self, name: str) -> None:
        """Ends an element."""
        super().end(name)
        if name == "p:text":
            self._reading = False
            self.add("".join(self._texts))
            self._texts = []
