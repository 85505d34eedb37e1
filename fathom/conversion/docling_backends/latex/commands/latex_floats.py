"""Reads figures and tables that float: their pictures, captions and contents."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.latex.commands.algorithms import end_of_line
from fathom.conversion.docling_backends.latex.sinks import Sink
from fathom.conversion.docling_backends.latex.tex.tokens import Token, source_of
from fathom.conversion.docling_backends.markup.markup_blocks import Code, MarkupBlock, MarkupTable, Paragraph, Picture
from fathom.conversion.docling_backends.markup.markup_inline import Run, is_blank

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.latex.latex_reader import Command, LatexReader, ReadEnvironment

_FIGURES = {
    "figure": "o", "wrapfigure": "odod", "sidewaysfigure": "o", "SCfigure": "oo", "subfigure": "oood", "floatingfigure": "od",
    "marginfigure": "o", "teaserfigure": "", "figwindow": "",
}  # fmt: skip
_TABLES = {"table": "o", "wraptable": "odod", "sidewaystable": "o", "SCtable": "oo", "subtable": "oood", "margintable": "o"}
_LISTINGS = {"listing": "o", "algorithm": "o", "algorithm2e": "o", "code": "o", "program": "o"}
_DRAWINGS = (
    "tikzpicture",
    "pgfpicture",
    "pspicture",
    "picture",
    "asy",
    "tikzcd",
    "axis",
    "circuitikz",
    "forest",
    "prooftree",
    "overpic",
)
_ALT = re.compile(r"(?:^|,)\s*alt\s*=\s*(?:\{((?:[^{}]|\{[^{}]*\})*)\}|([^,]*))")
_INCLUDED = (
    "includegraphics",
    "includesvg",
    "epsfig",
    "epsfbox",
    "psfig",
    "includestandalone",
    "adjincludegraphics",
    "includegraphic",
)


@dataclass(slots=True)
class Float:
    """A float that is being read: its captions, each with the number of blocks before it."""

    kind: str
    captions: list[tuple[int, list[Run]]] = field(default_factory=list[tuple[int, list[Run]]])


def commands() -> dict[str, Command]:
    """Returns the handlers for figures, tables and captions."""
    found: dict[str, Command] = {
        "caption": _caption,
        "captionof": _caption_of,
        "subcaption": _caption,
        "subfloat": _subfigure,
        "subfigure": _subfigure,
        "subcaptionbox": lambda reader, token: _boxed_subfigure(reader),
        "legend": _caption,
        "tablecaption": _caption,
        "topcaption": _caption,
    }
    return found | dict.fromkeys(_INCLUDED, _picture)


def environments() -> dict[str, ReadEnvironment]:
    """Returns the readers of floating environments."""
    found: dict[str, ReadEnvironment] = {}
    for kinds in (_FIGURES, _TABLES, _LISTINGS):
        for name, arguments in kinds.items():
            found[name] = lambda reader, name, arguments=arguments: _float(reader, name, arguments)  # type: ignore[misc]
    return found | dict.fromkeys(_DRAWINGS, _drawing)


def _float(reader: LatexReader, name: str, arguments: str) -> None:
    """Reads a float; its captions are assigned to its tables, pictures and listings in order."""
    reader.drop(arguments)
    reader.sink.paragraph()
    outer, outer_float, style = reader.sink, reader.float, reader.style
    reader.sink, reader.float = Sink(), Float(name.rstrip("*"))
    commands = reader.with_commands(end_of_line() if name.startswith("algorithm") else {})
    reader.flow(name)
    reader.restore_commands(commands)
    blocks, captions = reader.sink.finish(), reader.float.captions
    reader.sink, reader.float, reader.style = outer, outer_float, style
    for block in _add_captions(blocks, captions, name.rstrip("*")):
        reader.sink.add(block)


def _add_captions(blocks: list[MarkupBlock], captions: list[tuple[int, list[Run]]], kind: str) -> list[MarkupBlock]:
    """Returns the blocks with their captions; a caption without a block becomes a picture or a paragraph."""
    bare = [block for block in blocks if isinstance(block, MarkupTable | Picture | Code) and not block.caption]
    if kind in _TABLES and any(isinstance(block, MarkupTable) for block in bare):
        bare = [block for block in bare if isinstance(block, MarkupTable)]
    left = [runs for _, runs in captions]
    if len(left) == len(bare):
        for block, runs in zip(bare, left, strict=True):
            block.caption = runs
        return blocks
    if len(left) == 1 and bare:
        bare[0].caption = left[0]
        return blocks
    places = [place for place, _ in captions]
    found: list[MarkupBlock] = list(blocks)
    for place, runs in reversed(list(zip(places, left, strict=True))):
        shown: MarkupBlock = Picture(runs) if kind in _FIGURES and not blocks else Paragraph(runs, "caption")
        found.insert(min(place, len(found)), shown)
    return found


def _caption(reader: LatexReader, token: Token) -> None:
    reader.drop("so")
    runs = reader.line()
    if is_blank(runs):
        return
    if reader.float is not None and (reader.table is None or reader.table.in_float):
        reader.float.captions.append((len(reader.sink.blocks), runs))
    elif reader.table is not None:
        reader.table.caption = runs
    else:
        reader.sink.add(Paragraph(runs, "caption"))


def _caption_of(reader: LatexReader, token: Token) -> None:
    reader.drop("sd")
    _caption(reader, token)


def _picture(reader: LatexReader, token: Token) -> None:
    """Reads a picture, represented by its description."""
    reader.source.star()
    options = source_of(reader.source.optional() or [])
    second = source_of(reader.source.optional() or [])
    reader.source.braces()
    found = _ALT.search(options or second)
    alt = reader.line_of_source((found[1] or found[2] or "").strip()) if found is not None else []
    picture = Picture([], "".join(run.text for run in alt))
    if reader.float is not None:
        reader.sink.add(picture)
    else:
        reader.sink.add_aside(picture)


def _subfigure(reader: LatexReader, token: Token) -> None:
    """Reads a part of a figure with its caption in brackets."""
    caption = reader.source.optional()
    second = reader.source.optional()
    runs = reader.line_of(second or caption or [])
    blocks = reader.blocks()
    _add_part(reader, blocks, runs)


def _boxed_subfigure(reader: LatexReader) -> None:
    reader.drop("so")
    runs = reader.line()
    reader.drop("oo")
    _add_part(reader, reader.blocks(), runs)


def _add_part(reader: LatexReader, blocks: list[MarkupBlock], runs: list[Run]) -> None:
    bare = next((block for block in blocks if isinstance(block, Picture | MarkupTable) and not block.caption), None)
    if bare is not None:
        bare.caption = runs
    elif runs:
        blocks = [*blocks, Paragraph(runs, "caption")]
    for block in blocks:
        reader.sink.add(block)


def _drawing(reader: LatexReader, name: str) -> None:
    """Omits a drawing, whose source is no text, and adds a notice."""
    source = reader.source.until_end(name)
    reader.sink.add_aside(Picture())
    labels = re.findall(r"\bnode\b[^;{]{0,300}\{((?:[^{}]|\{[^{}]*\})*)\}", source)
    shown = [runs for label in labels if not is_blank(runs := reader.line_of_source(label))]
    if shown:
        runs = [run for part in shown for run in (*part, Run("; "))][:-1]
        reader.sink.add_aside(Paragraph(runs))
    else:
        message = "A drawing is made by commands that are not carried out; its words are not in the text."
        reader.notice("drawing_not_read", message, where=name)
