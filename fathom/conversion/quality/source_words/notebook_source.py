"""The words of a Jupyter notebook: its cells and their output."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fathom.conversion.quality.source_words.html_source import html_blocks
from fathom.conversion.quality.source_words.source_block import SourceBlock
from fathom.conversion.quality.source_words.text_source import markdown_blocks, plain_blocks

# Forms of an output that are shown in place of the text that is printed for it.
SHOWN_INSTEAD = frozenset({"text/html", "html", "text/markdown", "markdown", "text/latex", "latex", "application/json", "json"})
PICTURED = re.compile(r"image/|plotly|vega")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def notebook_blocks(text: str) -> Iterator[SourceBlock]:
    """Yields the lines of the cells and of their printed outputs; the lines of the text if it is no notebook."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        yield from plain_blocks(text)
        return
    if not isinstance(notebook, Mapping):
        yield from plain_blocks(text)
        return
    for holder in (notebook, *_maps(notebook.get("worksheets"))):
        for cell in _maps(holder.get("cells")):
            source = _joined(cell.get("source", cell.get("input")))
            yield from markdown_blocks(source) if cell.get("cell_type") == "markdown" else plain_blocks(source)
            for output in _maps(cell.get("outputs")):
                yield from _output_blocks(output)


def _output_blocks(output: Mapping[str, Any]) -> Iterator[SourceBlock]:
    kind = output.get("output_type")
    if kind == "stream":
        yield from plain_blocks(_printed(_joined(output.get("text"))))
        return
    if kind in ("error", "pyerr"):
        lines = output.get("traceback")
        trace = _printed("\n".join(_joined(line) for line in lines)) if isinstance(lines, list) else ""
        said = f"{_joined(output.get('ename'))}: {_joined(output.get('evalue'))}"
        yield from plain_blocks(trace if said in trace else f"{trace}\n{said}")
        return
    forms = output.get("data", output)
    if not isinstance(forms, Mapping):
        return
    markup = _joined(forms.get("text/html", forms.get("html")))
    marked = _joined(forms.get("text/markdown", forms.get("markdown")))
    is_page = "<table" in markup or (
        markup and not PICTURED.search(" ".join(forms)) and _joined(forms.get("text/plain"))[:1] == "<"
    )
    if marked and "<table" not in markup:
        yield from markdown_blocks(marked)
    elif is_page:
        yield from html_blocks(markup.encode("utf-8", "replace"), "utf-8", "output")
    elif not forms.keys() & SHOWN_INSTEAD:
        yield from plain_blocks(_printed(_joined(forms.get("text/plain", forms.get("text")))))


def _maps(value: Any) -> Iterator[Mapping[str, Any]]:
    yield from (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else ()


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _printed(text: str) -> str:
    """Returns the text that stays on a terminal: the last writing of a line that was written over, without colours."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return COLOURS.sub("", "\n".join(lines))
