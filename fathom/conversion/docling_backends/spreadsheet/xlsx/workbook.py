"""Reads the workbook part: order and states of sheets, epoch and defined names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from fathom.conversion.docling_backends.spreadsheet.sheet import Area, column_number
from fathom.conversion.docling_backends.spreadsheet.sheet_elements import below, local_name
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_package import WorkbookPackage

_RANGE = re.compile(r"\$?([A-Z]{1,3})?\$?(\d{1,7})?(?::\$?([A-Z]{1,3})?\$?(\d{1,7})?)?")
MAX_ROW, MAX_COLUMN = 1_048_575, 16_383


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A sheet as its workbook lists it."""

    name: str
    path: str
    kind: str  # "worksheet", "chartsheet", …
    hidden: bool
    header_rows: frozenset[int] = frozenset()  # printed on every page


@dataclass(slots=True)
class Workbook:
    """The sheets of a workbook in order, and the workbook's settings."""

    sheets: list[SheetEntry] = field(default_factory=list[SheetEntry])
    epoch_1904: bool = False
    recalculated: bool = False  # all formulas are to be recalculated on opening
    strings: str | None = None
    styles: str | None = None
    persons: str | None = None


def read_workbook(package: WorkbookPackage) -> Workbook | None:
    """Reads the workbook part; None if the package has none."""
    path = next(iter(package.related("", "officeDocument")), "xl/workbook.xml")
    root = package.root(path)
    if root is None:
        return None
    relations = {relation.id: relation for relation in package.relations(path)}
    titles = _print_titles(root)
    book = Workbook(
        strings=next(iter(package.related(path, "sharedStrings")), None),
        styles=next(iter(package.related(path, "styles")), None),
        persons=next(iter(package.related(path, "person")), None),
    )
    for element in below(root, "workbookPr", "calcPr"):
        if local_name(element) == "workbookPr":
            book.epoch_1904 = element.get("date1904", "0") in ("1", "true")
        else:
            book.recalculated = element.get("fullCalcOnLoad", "0") in ("1", "true")
    for index, element in enumerate(below(root, "sheet")):
        relation = relations.get(next((value for key, value in element.attrib.items() if key.endswith("}id")), ""))
        if relation is None or relation.external or package.name_of(relation.target) is None:
            continue
        hidden = element.get("state", "visible") != "visible"
        name = element.get("name") or f"Sheet{index + 1}"
        book.sheets.append(SheetEntry(name, relation.target, relation.kind.lower(), hidden, titles.get(index, frozenset())))
    return book


def area_of(reference: str) -> Area | None:
    """Returns the area of a reference such as `A1:B2`, `$A:$C`, `3:4` or `Sheet1!B2`; None if it is invalid."""
    found = _RANGE.fullmatch(reference.rpartition("!")[2].strip().upper())
    if found is None or not any(found.groups()):
        return None
    left, top, right, bottom = found.groups()
    if ":" not in reference:
        right, bottom = left, top
    first_row, last_row = int(top) - 1 if top else 0, int(bottom) - 1 if bottom else MAX_ROW
    first_column, last_column = column_number(left) if left else 0, column_number(right) if right else MAX_COLUMN
    first_row, last_row = sorted((first_row, min(last_row, MAX_ROW)))
    first_column, last_column = sorted((first_column, min(last_column, MAX_COLUMN)))
    return Area(max(0, first_row), first_column, last_row, last_column)


def areas_of(references: str | None) -> Iterator[Area]:
    """Yields the areas of references separated by blanks."""
    for reference in (references or "").split():
        area = area_of(reference)
        if area is not None:
            yield area


def _print_titles(root: etree._Element) -> dict[int, frozenset[int]]:
    """Returns, by sheet, the rows that are printed on every page."""
    found: dict[int, frozenset[int]] = {}
    for name in below(root, "definedName"):
        if name.get("name") != "_xlnm.Print_Titles" or not name.get("localSheetId", "").isdigit():
            continue
        for reference in (name.text or "").split(","):
            area = area_of(reference)
            if area is not None and area.left == 0 and area.right == MAX_COLUMN and area.bottom - area.top < 10:
                found[int(name.get("localSheetId", "0"))] = frozenset(range(area.top, area.bottom + 1))
    return found
