"""Docling's LaTeX backend with Fathom's reader.

Docling 2.142.1 reads the arguments of `\\multirow`, `\\multicolumn` and `\\cmidrule` as cells, ends a sentence at a footnote,
glues links to words, and loses thin spaces and text behind a brace in `\\verb`; not needed once its `latex_backend.py`
expands macros and reads spans. pylatexenc still supplies the signs of commands.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from docling.backend.latex_backend import LatexDocumentBackend
from docling.datamodel.backend_options import LatexBackendOptions
from docling_core.types.doc import DoclingDocument

from fathom.conversion.docling_backends.latex.commands import (
    algorithms,
    definitions,
    formatting,
    latex_floats,
    latex_formulas,
    latex_front,
    latex_lists,
    latex_references,
    personal,
    sectioning,
    siunitx,
    verbatim,
)
from fathom.conversion.docling_backends.latex.latex_reader import Command, LatexReader, ReadEnvironment
from fathom.conversion.docling_backends.latex.tables import tabular
from fathom.conversion.docling_backends.markup.markup_blocks import MarkupBlock
from fathom.conversion.docling_backends.markup.writer import BlockWriter
from fathom.conversion.report import Notice

# Later modules take precedence if several know a name.
_COMMANDS = (
    formatting, algorithms, sectioning, personal, latex_front, latex_references, latex_floats, tabular, siunitx, verbatim,
    latex_formulas, definitions,
)  # fmt: skip
_ENVIRONMENTS = (sectioning, algorithms, latex_lists, latex_floats, tabular, verbatim, latex_formulas)
MAX_NAMED = 12  # unknown commands that a notice names


class LatexBackend(LatexDocumentBackend):
    """LatexDocumentBackend that expands macros and reads the visible text."""

    def __init__(self, in_doc: Any, path_or_stream: BytesIO | Path, options: LatexBackendOptions | None = None) -> None:
        super().__init__(in_doc, path_or_stream, options)
        self.notices: list[Notice] = []

    def convert(self) -> DoclingDocument:
        """Returns the text as a document; files that it includes are named in `notices`."""
        document = DoclingDocument(name=self.file.stem)
        blocks, notices = read_latex(self.latex_text)
        BlockWriter(document).write(blocks)
        self.notices += notices
        return document


def read_latex(text: str) -> tuple[list[MarkupBlock], list[Notice]]:
    """Returns the blocks of a text, its title block first, and notices of content that cannot be read from the source."""
    commands: dict[str, Command] = {}
    environments: dict[str, ReadEnvironment] = {}
    for module in _COMMANDS:
        commands |= module.commands()
    commands |= personal.commands_of_curricula(text)
    for module in _ENVIRONMENTS:
        environments |= module.environments()
    reader = LatexReader(text, commands, environments)
    blocks = reader.read()
    if reader.front is not None:
        blocks = [*reader.front.blocks(), *blocks]
    notices = reader.notices
    if reader.unknown:
        names = sorted(reader.unknown)
        shown = ", ".join(f"\\{name}" for name in names[:MAX_NAMED]) + (" and others" if len(names) > MAX_NAMED else "")
        message = f"Commands of a meaning that is not known were left out; their arguments are kept as text: {shown}."
        notices.append(Notice(kind="unknown_commands", message=message, count=sum(reader.unknown.values())))
    return blocks, notices
