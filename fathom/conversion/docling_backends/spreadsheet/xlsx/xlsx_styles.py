"""Reads the styles of a workbook: number formats, and the looks that mark a header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from lxml import etree

from fathom.conversion.docling_backends.spreadsheet.numbers.number_format import NumberFormat, number_format
from fathom.conversion.docling_backends.spreadsheet.sheet import PLAIN, CellLook
from fathom.conversion.docling_backends.spreadsheet.sheet_elements import below, local_name
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_package import WorkbookPackage

# Formats that a workbook names by number only. 14 and 22, and 27-58 in East Asia, are shown in the date order
# of the reader's locale; ISO 8601 is read the same everywhere.
_DATE, _TIME = "yyyy-mm-dd", "h:mm:ss"
BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
    5: '"$"#,##0_);("$"#,##0)', 6: '"$"#,##0_);("$"#,##0)', 7: '"$"#,##0.00_);("$"#,##0.00)', 8: '"$"#,##0.00_);("$"#,##0.00)',
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: _DATE, 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: f"{_DATE} h:mm",
    37: "#,##0_);(#,##0)", 38: "#,##0_);(#,##0)", 39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);(#,##0.00)",
    41: '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)', 42: '_("$"* #,##0_);_("$"* (#,##0);_("$"* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)', 44: '_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)',
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    **dict.fromkeys((27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58), _DATE),
    **dict.fromkeys((32, 33, 34, 35, 55, 56), _TIME),
}  # fmt: skip
_T = TypeVar("_T")
_WHITE = frozenset({"FFFFFFFF", "00FFFFFF", "FFFFFF"})


@dataclass(frozen=True, slots=True)
class CellStyle:
    """The number format and look of a cell's style; `format` is None for General."""

    format: NumberFormat | None = None
    look: CellLook = PLAIN
    struck: bool = False


class CellStyles:
    """The cell styles of a workbook, by number."""

    def __init__(self, package: WorkbookPackage, path: str | None) -> None:
        root = package.root(path) if path else None
        self._styles = _styles(root) if root is not None else []

    def __getitem__(self, number: int) -> CellStyle:
        return self._styles[number] if 0 <= number < len(self._styles) else _NO_STYLE


_NO_STYLE = CellStyle()


def _styles(root: etree._Element) -> list[CellStyle]:
    codes = dict(BUILT_IN)
    for element in below(root, "numFmt"):
        if (number := element.get("numFmtId", "")).isdigit() and local_name(element.getparent()) == "numFmts":
            codes[int(number)] = element.get("formatCode") or "General"
    fonts = [(_is_on(font, "b"), _is_on(font, "strike")) for font in _children(root, "fonts")]
    fills = [_fill(fill) for fill in _children(root, "fills")]
    borders = [any(side.get("style", "none") != "none" for side in border) for border in _children(root, "borders")]
    found: list[CellStyle] = []
    for style in _children(root, "cellXfs"):
        code = codes.get(_number(style, "numFmtId"), "General")
        bold, struck = _at(fonts, _number(style, "fontId"), (False, False))
        look = CellLook(bold, _at(fills, _number(style, "fillId"), ""), _at(borders, _number(style, "borderId"), False))
        general = code.strip().lower() == "general"
        found.append(CellStyle(None if general else number_format(code), look, struck))
    return found


def _children(root: etree._Element, name: str) -> list[etree._Element]:
    parent = next((child for child in root if local_name(child) == name), None)
    return [child for child in parent if local_name(child)] if parent is not None else []


def _number(element: etree._Element, name: str) -> int:
    value = element.get(name, "0")
    return int(value) if value.isdigit() else 0


def _at(values: list[_T], index: int, default: _T) -> _T:
    return values[index] if index < len(values) else default


def _is_on(font: etree._Element, name: str) -> bool:
    flag = next((child for child in font if local_name(child) == name), None)
    return flag is not None and flag.get("val", "1") not in ("0", "false")


def _fill(fill: etree._Element) -> str:
    """Returns the colour of a fill; empty for none and for white, a common background."""
    pattern = next(iter(below(fill, "patternFill")), None)
    if pattern is None:
        return "gradient" if next(iter(below(fill, "gradientFill")), None) is not None else ""
    if pattern.get("patternType", "none") in ("none", "gray125"):
        return ""
    color = next(iter(below(pattern, "fgColor")), None)
    if color is None or color.get("rgb", "").upper() in _WHITE or (color.get("theme") == "0" and not color.get("tint")):
        return ""
    return ",".join(f"{key}={value}" for key, value in sorted(color.attrib.items()))
