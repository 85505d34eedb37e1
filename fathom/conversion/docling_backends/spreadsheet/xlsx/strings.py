"""Reads the texts of a workbook: shared and inline strings, with their struck and superscript runs."""

from __future__ import annotations

import re

from lxml import etree

from fathom.conversion.docling_backends.formatted_runs import superscript
from fathom.conversion.docling_backends.spreadsheet.marks import struck
from fathom.conversion.docling_backends.spreadsheet.sheet_elements import below, local_name
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_package import WorkbookPackage

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def shared_strings(package: WorkbookPackage, path: str | None) -> list[str]:
    """Returns the workbook's shared strings, in order."""
    return [string_of(item) for item in package.stream(path, "si")] if path else []


def string_of(item: etree._Element) -> str:
    """Returns the text of a string item without its phonetic guides; struck runs as `~~text~~`."""
    parts: list[str] = []
    for child in item:
        name = local_name(child)
        if name == "t":
            parts.append(child.text or "")
        elif name == "r":
            parts.append(_run(child, parts[-1] if parts else ""))
    return unescape("".join(parts))


def unescape(text: str) -> str:
    """Returns the text with escapes such as `_x000D_` decoded; carriage returns are dropped."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _run(run: etree._Element, before: str) -> str:
    text = "".join(child.text or "" for child in run if local_name(child) == "t")
    properties = next((child for child in run if local_name(child) == "rPr"), None)
    if properties is None or not text:
        return text
    for flag in below(properties, "strike", "vertAlign"):
        value = flag.get("val", "1")
        if local_name(flag) == "strike" and value not in ("0", "false"):
            text = struck(text)
        elif value == "superscript":
            text = superscript(text, before)
    return text
