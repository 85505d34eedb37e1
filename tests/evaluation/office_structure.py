"""Headings and tables of DOCX, PPTX and ODT as their own XML says them: styles with an outline level, title placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

from tests.evaluation.structure import Cells, GridWriter, Structure

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
TITLES = frozenset({"title", "ctrTitle"})
SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")


def docx_structure(path: Path) -> Structure:
    """Paragraphs whose style has an outline level or is the title's, and the tables that are in no other table."""
    with ZipFile(path) as package:
        body = ElementTree.fromstring(package.read("word/document.xml")).find(f"{W}body")
        levels = _style_levels(package)
    found = Structure()
    for item in _outside_tables(body if body is not None else ElementTree.Element("none"), f"{W}tbl"):
        if item.tag == f"{W}tbl":
            found.tables.append(_docx_cells(item))
        elif item.tag == f"{W}p":
            style = item.find(f"{W}pPr/{W}pStyle")
            level = levels.get(style.get(f"{W}val", "")) if style is not None else None
            text = _docx_text(item)
            if level is not None and text:
                found.headings.append((level, text))
    return found


def pptx_structure(path: Path) -> Structure:
    """The titles of the slides, in their order, and their tables."""
    found = Structure()
    with ZipFile(path) as package:
        slides = sorted((int(match[1]), name) for name in package.namelist() if (match := SLIDE.fullmatch(name)))
        for _, name in slides:
            slide = ElementTree.fromstring(package.read(name))
            for shape in slide.iter(f"{P}sp"):
                place = shape.find(f"{P}nvSpPr/{P}nvPr/{P}ph")
                text = " ".join(filter(None, (_words(line.iter(f"{A}t")) for line in shape.iter(f"{A}p"))))
                if place is not None and place.get("type") in TITLES and text:
                    found.headings.append((1, text))
            found.tables += [_pptx_cells(table) for table in slide.iter(f"{A}tbl")]
    return found


def odt_structure(path: Path) -> Structure:
    """Its text:h with their outline levels, its title, and the tables that are in no other table."""
    with ZipFile(path) as package:
        body = ElementTree.fromstring(package.read("content.xml"))
    titles = {"Title"} | {
        style.get(f"{STYLE}name") for style in body.iter(f"{STYLE}style") if style.get(f"{STYLE}parent-style-name") == "Title"
    }
    found = Structure()
    for item in _outside_tables(body, f"{TABLE}table"):
        if item.tag == f"{TABLE}table":
            found.tables.append(_odt_cells(item))
        elif item.tag == f"{TEXT}h" and (text := _whole(item)):
            found.headings.append((int(item.get(f"{TEXT}outline-level", "1")), text))
        elif item.tag == f"{TEXT}p" and item.get(f"{TEXT}style-name") in titles and (text := _whole(item)):
            found.headings.append((0, text))
    return found


def _outside_tables(item: ElementTree.Element, table: str) -> Iterator[ElementTree.Element]:
    for child in item:
        yield child
        if child.tag != table:
            yield from _outside_tables(child, table)


def _style_levels(package: ZipFile) -> dict[str, int]:
    """Levels by a style's id: 0 for the title, from 1 for headings; a style has its parent's if it says none."""
    if "word/styles.xml" not in package.namelist():
        return {}
    styles = ElementTree.fromstring(package.read("word/styles.xml")).findall(f"{W}style")
    parents: dict[str, str] = {}
    levels: dict[str, int | None] = {}
    for style in styles:
        key = style.get(f"{W}styleId", "")
        name, based, level = style.find(f"{W}name"), style.find(f"{W}basedOn"), style.find(f"{W}pPr/{W}outlineLvl")
        called = (name.get(f"{W}val", "") if name is not None else "").lower()
        if based is not None:
            parents[key] = based.get(f"{W}val", "")
        if called == "title":
            levels[key] = 0
        elif match := re.fullmatch(r"heading (\d)", called):
            levels[key] = int(match[1])
        elif level is not None:
            at = int(level.get(f"{W}val", "9"))
            levels[key] = at + 1 if at < 9 else None
    for key in parents:
        at, seen = key, {key}
        while at not in levels and at in parents and parents[at] not in seen:
            at = parents[at]
            seen.add(at)
        levels.setdefault(key, levels.get(at) or None)  # what is made from the title, as the author, is none
    return {key: level for key, level in levels.items() if level is not None}


def _words(texts: Iterator[ElementTree.Element]) -> str:
    return " ".join("".join(item.text or "" for item in texts).split())


def _docx_text(item: ElementTree.Element) -> str:
    parts = [" " if part.tag in {f"{W}tab", f"{W}br", f"{W}p"} else part.text or "" for part in item.iter() if _seen(part)]
    return " ".join("".join(parts).split())


def _seen(part: ElementTree.Element) -> bool:
    return part.tag in {f"{W}t", f"{W}tab", f"{W}br", f"{W}p"}


def _docx_cells(table: ElementTree.Element) -> Cells:
    writer = GridWriter()
    for row in _children(table, f"{W}tr"):
        writer.row()
        for skipped in row.findall(f"{W}trPr/{W}gridBefore"):
            writer.cell("", columns=int(skipped.get(f"{W}val", "1")))
        for cell in _children(row, f"{W}tc"):
            span, merge = cell.find(f"{W}tcPr/{W}gridSpan"), cell.find(f"{W}tcPr/{W}vMerge")
            goes_on = merge is not None and merge.get(f"{W}val", "continue") == "continue"
            writer.cell("" if goes_on else _docx_text(cell), 1, int(span.get(f"{W}val", "1")) if span is not None else 1)
    return writer.rows()


def _children(item: ElementTree.Element, tag: str) -> Iterator[ElementTree.Element]:
    """Its children of this name, those in content controls among them."""
    for child in item:
        if child.tag == tag:
            yield child
        elif child.tag in {f"{W}sdt", f"{W}sdtContent"}:
            yield from _children(child, tag)


def _pptx_cells(table: ElementTree.Element) -> Cells:
    merged = ("hMerge", "vMerge")
    return [
        ["" if any(cell.get(name) in {"1", "true"} for name in merged) else _words(cell.iter(f"{A}t")) for cell in row]
        for row in table.findall(f"{A}tr")
    ]


def _odt_cells(table: ElementTree.Element) -> Cells:
    rows = []
    for row in _odt_rows(table):
        cells: list[str] = []
        for cell in row:
            if cell.tag in {f"{TABLE}table-cell", f"{TABLE}covered-table-cell"}:
                text = "" if cell.tag.endswith("covered-table-cell") else _whole(cell)
                cells += [text] * min(50, int(cell.get(f"{TABLE}number-columns-repeated", "1")))
        rows.append(cells)
    return rows


def _odt_rows(item: ElementTree.Element) -> Iterator[ElementTree.Element]:
    for child in item:
        if child.tag == f"{TABLE}table-row":
            yield child
        elif child.tag in {f"{TABLE}table-header-rows", f"{TABLE}table-rows", f"{TABLE}table-row-group"}:
            yield from _odt_rows(child)


def _whole(item: ElementTree.Element) -> str:
    parts: list[str] = []

    def say(part: ElementTree.Element) -> None:
        if part.tag in {f"{TEXT}note", f"{TEXT}bookmark-ref"} and part is not item:
            parts.append(part.tail or "")
            return
        parts.append(" " if part.tag in {f"{TEXT}p", f"{TEXT}s", f"{TEXT}tab", f"{TEXT}line-break"} else "")
        parts.append(part.text or "")
        for child in part:
            say(child)
        parts.append(part.tail or "" if part is not item else "")

    say(item)
    return " ".join("".join(parts).split())
