"""Reads Jupyter notebooks: Markdown cells as Markdown, code as code, outputs as text, tables and named pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from docling_core.types.doc import DoclingDocument

from fathom.conversion.docling_backends.markdown.document_builder import MarkdownBuilder
from fathom.conversion.docling_backends.markdown.html_fragment import add_html
from fathom.conversion.docling_backends.markup.markup_blocks import (
    Code,
    Formula,
    MarkupBlock,
    MarkupHeading,
    Paragraph,
    Picture,
)
from fathom.conversion.docling_backends.markup.markup_inline import Run
from fathom.conversion.docling_backends.markup.writer import BlockWriter
from fathom.conversion.docling_backends.text.plain_text import code_document, strip_controls

_TABLE = re.compile(r"<table\b", re.I)
_OVERWRITTEN = re.compile(r"[^\n\r]*\r(?!\n)")
# The textual form of an object that is displayed in another format.
_PLACEHOLDER = re.compile(r"<[\w.]+(?: object)?(?: at 0x[0-9a-fA-F]+)?>")
_SHOWN_INSTEAD = frozenset({"text/html", "text/latex", "application/json"})
# Names of output types in notebooks of format 3, which had no media types.
_OLD_TYPES = {
    "text": "text/plain",
    "html": "text/html",
    "latex": "text/latex",
    "markdown": "text/markdown",
    "json": "application/json",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "svg": "image/svg+xml",
    "javascript": "application/javascript",
}


def notebook_document(text: str) -> DoclingDocument:
    """Returns the cells in order with their outputs; a text that is no notebook is returned as plain text."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        return code_document(text)
    if not isinstance(notebook, Mapping) or not (cells := list(_cells(notebook))):
        return code_document(text)
    document = DoclingDocument(name="document")
    reader = _CellReader(document, _language(notebook))
    for cell in cells:
        reader.read(cell)
    return document


class _CellReader:
    """Adds cells to a document; `language` is the default language of code cells."""

    def __init__(self, document: DoclingDocument, language: str) -> None:
        self._document = document
        self._language = language
        self._markdown = MarkdownBuilder(document)
        self._writer = BlockWriter(document)

    def read(self, cell: Mapping[str, Any]) -> None:
        """Adds a cell and its outputs."""
        kind = cell.get("cell_type")
        source = _text(cell.get("source", cell.get("input")))
        if kind == "markdown":
            self._markdown.add(source)
        elif kind == "heading":  # of format 3
            level = cell.get("level")
            self._writer.write([MarkupHeading([Run(source)], max(0, level - 1) if isinstance(level, int) else 0)])
        elif kind == "code":
            language = cell.get("language")
            self._writer.write([Code(source, language if isinstance(language, str) else self._language)])
        else:
            self._writer.write([Code(source)])
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else ():
            if isinstance(output, Mapping):
                self._output(output)

    def _output(self, output: Mapping[str, Any]) -> None:
        kind = output.get("output_type")
        if kind in ("stream", "error", "pyerr"):
            traceback = "\n".join(map(_text, output["traceback"])) if isinstance(output.get("traceback"), list) else ""
            error_line = f"{_text(output.get('ename'))}: {_text(output.get('evalue'))}" if kind != "stream" else ""
            shown = _shown(_text(output.get("text")) if kind == "stream" else traceback or error_line)
            if error_line and error_line not in shown:
                shown = f"{shown}\n{error_line}"
            self._writer.write([Code(shown)])
            return
        data = output.get("data")
        forms = data if isinstance(data, Mapping) else {_OLD_TYPES[key]: output[key] for key in output if key in _OLD_TYPES}
        markup = _text(forms.get("text/html"))
        if _TABLE.search(markup) or (markup and _is_placeholder(forms) and not any(map(_is_picture, forms))):
            add_html(self._document, markup, lambda: None)
        elif "text/markdown" in forms:
            self._markdown.add(_text(forms["text/markdown"]))
        else:
            self._writer.write(_blocks(forms))


def _blocks(forms: Mapping[str, Any]) -> list[MarkupBlock]:
    """Returns an output in its richest readable form: a picture by its name, else text."""
    plain = _shown(_text(forms.get("text/plain")))
    picture = next(filter(_is_picture, forms), None)
    if picture is not None:
        return [Picture([Run(plain.strip() or f"Output ({picture})")])]
    latex = _text(forms.get("text/latex")).strip()
    if latex.startswith("$"):  # as computer algebra systems write; other LaTeX is a document of its own
        return [Formula(latex.strip("$").replace("\\displaystyle", "").strip())]
    if plain.strip() and not (_is_placeholder(forms) and forms.keys() & _SHOWN_INSTEAD):
        return [Code(plain)]
    if latex:
        return [Formula(latex)]
    if "application/json" in forms:
        value = forms["application/json"]
        return [Code(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1), "json")]
    html = re.sub(r"<(style|script)\b.*?</\1\s*>|<[^>]*>", " ", _text(forms.get("text/html")), flags=re.S | re.I)
    return [Paragraph([Run(html)])] if html.strip() else []


def _is_placeholder(forms: Mapping[str, Any]) -> bool:
    return _PLACEHOLDER.fullmatch(_text(forms.get("text/plain")).strip()) is not None


def _is_picture(form: str) -> bool:
    return form.startswith("image/") or "plotly" in form or "vega" in form


def _cells(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yields the cells of formats 4 and 3; the latter had them in worksheets."""
    sheets = notebook.get("worksheets")
    for holder in (notebook, *(sheets if isinstance(sheets, list) else ())):
        cells = holder.get("cells") if isinstance(holder, Mapping) else None
        for cell in cells if isinstance(cells, list) else ():
            if isinstance(cell, Mapping) and "cell_type" in cell:
                yield cell


def _language(notebook: Mapping[str, Any]) -> str:
    metadata = notebook.get("metadata")
    for name, key in (("language_info", "name"), ("kernelspec", "language")):
        holder = metadata.get(name) if isinstance(metadata, Mapping) else None
        if isinstance(holder, Mapping) and isinstance(holder.get(key), str):
            return str(holder[key])
    return "python"


def _text(value: Any) -> str:
    """Returns a text stored whole or as a list of lines."""
    if isinstance(value, str):
        return value
    return "".join(part for part in value if isinstance(part, str)) if isinstance(value, Sequence) else ""


def _shown(text: str) -> str:
    """Returns the text as a terminal shows it: the last version of overwritten lines, without colours."""
    return strip_controls(_OVERWRITTEN.sub("", text.rstrip("\r")))
