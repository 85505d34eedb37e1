"""The words of a workbook: the contents of visible cells, with their notes, text boxes, charts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from fathom.conversion.quality.source_words.office.drawing_source import DrawnText, chart_blocks
from fathom.conversion.quality.source_words.office.packages import NoBlocks, OfficePackage
from fathom.conversion.quality.source_words.office.sheet_rows import PlainCell
from fathom.conversion.quality.source_words.source_block import SourceBlock

ON = frozenset({"1", "true", "on"})
GENERAL = 0
# Codes of Excel's own formats that show digits all the same: those of numbers, dates and times; 49 is text.
BUILT_IN = frozenset({*range(1, 23), *range(27, 37), *range(37, 41), *range(45, 49), *range(50, 59)})
TEXT_FORMAT = 49
# In a format's code: literal text, colours and conditions, blanks of a character's width.
LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h|m|s)[^\]]*\]', re.I)
# Whole names of months and days, which are the only dates without a digit.
NAMES = re.compile(r"m{3,}|d{3,}|a{3,}|am/pm|a/p", re.I)
SHOWS_DIGITS = re.compile(r"[0#?]|[ymdhsegb]|general", re.I)
# Default names of sheets.
GENERATED_NAME = re.compile(r"(?i)(?:sheet|table|tabelle|feuil|hoja)?[\s_-]*\d*")
REFERENCE = re.compile(r"([A-Z]{1,3})(\d+)")
# How texts of a sheet write characters that XML has not.
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
LINKED = "#VALUE!"  # also stands for a picture in a cell and for linked data
MERGE = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?\bref\s*=\s*["']([A-Za-z0-9:$]+)""")
MAX_MERGES = 100_000


def sheet_blocks(package: OfficePackage) -> Iterator[SourceBlock]:
    """Yields the cells of each sheet that is shown, then the sheet's comments, text boxes and charts."""
    main = package.main_part()
    workbook = _Sheets()
    for _ in package.read(main, workbook):
        pass
    relations = package.relations(main)
    parts = {relation.kind: relation.target for relation in relations}
    strings = _Strings()
    for _ in package.read(parts.get("sharedStrings", ""), strings):
        pass
    formats = _Formats()
    for _ in package.read(parts.get("styles", ""), formats):
        pass
    shows = formats.shows_digits()
    sheets = {relation.id: relation.target for relation in relations if relation.kind in ("worksheet", "chartsheet")}
    for name, key in workbook.shown:
        if key not in sheets:
            continue
        is_empty = True
        for block in package.read_rows(
            sheets[key], _Cells(f"sheet {name}", strings.texts, shows, _covered(package, sheets[key]))
        ):
            is_empty = False
            yield block
        if not is_empty and not GENERATED_NAME.fullmatch(name.strip()):
            yield SourceBlock(name, "names of sheets")
        yield from _beside(package, sheets[key], name)


def _beside(package: OfficePackage, sheet: str, name: str) -> Iterator[SourceBlock]:
    relations = package.relations(sheet)
    threaded = [relation.target for relation in relations if relation.kind == "threadedComment"]
    for part in threaded:
        yield from package.read(part, _Texts(f"comments of sheet {name}", "tc:threadedComment", "tc:text"))
    if not threaded:
        for relation in relations:
            if relation.kind == "comments":
                yield from package.read(relation.target, _Texts(f"notes of sheet {name}", "s:comment", "s:t"))
    for relation in relations:
        if relation.kind == "drawing":
            yield from package.read(relation.target, DrawnText(f"drawing of sheet {name}"))
            yield from chart_blocks(package, package.relations(relation.target), f"chart of sheet {name}")


class _Sheets(NoBlocks):
    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "s:sheet" and attributes.get("state", "visible") == "visible":
            self.shown.append((attributes.get("name", ""), attributes.get("r:id", "")))


class _Strings(NoBlocks):
    """Gathers the shared strings, without the readings (furigana) beside them."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._pieces: list[str] = []
        self._reading = False
        self._phonetic = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "s:si":
            self._pieces = []
        elif name == "s:rPh":
            self._phonetic = True
        elif name == "s:t":
            self._reading = not self._phonetic

    def end(self, name: str) -> None:
        if name == "s:si":
            self.texts.append(_unescaped("".join(self._pieces)))
        elif name == "s:rPh":
            self._phonetic = False
        elif name == "s:t":
            self._reading = False

    def text(self, text: str) -> None:
        if self._reading:
            self._pieces.append(text)


class _Formats(NoBlocks):
    """Gathers which format each style of a cell has."""

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._styles: list[int] = []
        self._inside = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "s:numFmt":
            self._codes[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "s:cellXfs":
            self._inside = True
        elif name == "s:xf" and self._inside:
            self._styles.append(_number(attributes.get("numFmtId")))

    def end(self, name: str) -> None:
        if name == "s:cellXfs":
            self._inside = False

    def shows_digits(self) -> list[str]:
        """Returns for each style whether a number is shown `plain`, as a `figure`, or with no digit for sure (`free`)."""
        return [self._kind(number) for number in self._styles]

    def _kind(self, number: int) -> str:
        code = self._codes.get(number)
        if code is None:
            return "plain" if number in (GENERAL, TEXT_FORMAT) or number not in BUILT_IN else "figure"
        if code.strip().casefold() in ("general", "@"):
            return "plain"
        sections = [NAMES.sub("", LITERAL.sub("", section)) for section in code.split(";")]
        return "figure" if all(SHOWS_DIGITS.search(section) for section in sections[:2]) else "free"


def _covered(package: OfficePackage, sheet: str) -> Covered:
    """Returns the merged ranges, of which only the first cell is shown.

    They stand behind the cells; reading the whole sheet as XML for them alone would take twice the time.
    """
    ranges: list[tuple[int, int, int, int]] = []
    for found in islice(package.search(sheet, b"mergeCell", MERGE), MAX_MERGES):
        first, _, last = found.decode("ascii").partition(":")
        (left, top), (right, bottom) = _place(first), _place(last or first)
        ranges.append((left, top, right, bottom))
    return Covered(ranges)


class Covered:
    """Tells whether a merged cell covers a cell; rows must be asked for from top to bottom."""

    def __init__(self, ranges: list[tuple[int, int, int, int]]) -> None:
        self._waiting = sorted(ranges, key=lambda area: area[1], reverse=True)
        self._open: list[tuple[int, int, int, int]] = []
        self.has_ranges = bool(ranges)

    def is_covered(self, column: int, row: int) -> bool:
        """Returns whether the cell is within a merged range and not its first."""
        if not self.has_ranges:
            return False
        while self._waiting and self._waiting[-1][1] <= row:
            self._open.append(self._waiting.pop())
        if self._open and any(area[3] < row for area in self._open):
            self._open = [area for area in self._open if area[3] >= row]
        return any(left <= column <= right and (column, row) != (left, top) for left, top, right, _ in self._open)


class _Cells:
    """Gathers the cells that are shown and have a value."""

    def __init__(self, where: str, strings: list[str], styles: list[str], covered: Covered) -> None:
        self._where = where
        self._strings = strings
        self._styles = styles
        self._shows: dict[str, str] = {}
        self._covered = covered
        self._hidden_columns: list[tuple[int, int]] = []
        self._numbers: dict[str, int] = {}
        self._all_hidden = False
        self._row = self._column = 0
        self._row_hidden = False
        self._type = self._style = ""
        self._shown = False
        self._pieces: list[str] | None = None
        self._value = ""
        self._phonetic = False
        self._found: list[SourceBlock] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Takes an element."""
        if name == "s:c":
            self._cell(attributes)
        elif name in ("s:v", "s:t"):
            self._pieces = None if self._phonetic else []
        elif name == "s:row":
            self._begin_row(attributes)
        elif name == "s:rPh":
            self._phonetic = True
        elif name == "s:col" and (attributes.get("hidden", "0") in ON or _is_zero(attributes.get("width"))):
            self._hidden_columns.append((_number(attributes.get("min")), _number(attributes.get("max"))))
        elif name == "s:sheetFormatPr":
            self._all_hidden = attributes.get("zeroHeight", "0") in ON

    def row(self, attributes: Mapping[str, str], cells: Sequence[PlainCell]) -> None:
        """Takes a whole row."""
        self._begin_row(attributes)
        all_shown = not (self._row_hidden or self._hidden_columns or self._covered.has_ranges)
        for letters, style, kind, value, text in cells:
            said = value or text
            if said and (all_shown or self._is_shown(letters)):
                self._found.append(self._block(kind or "n", style or "0", said))

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        self._row = _number(attributes.get("r")) or self._row + 1
        self._column = 0
        hidden = attributes.get("hidden", "0") in ON or _is_zero(attributes.get("ht"))
        self._row_hidden = hidden or (self._all_hidden and "hidden" not in attributes)

    def _cell(self, attributes: Mapping[str, str]) -> None:
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "0")
        self._value = ""
        self._shown = self._is_shown(attributes.get("r", "").rstrip("0123456789"))

    def _is_shown(self, letters: str) -> bool:
        """Says whether a cell in the column of these letters is shown; without any, it is the column after the cell before."""
        if letters not in self._numbers:
            self._numbers[letters] = _place(f"{letters}1")[0]
        self._column = self._numbers[letters] or self._column + 1
        return not (
            self._row_hidden
            or (self._hidden_columns and self._is_hidden(self._column))
            or self._covered.is_covered(self._column, self._row)
        )

    def _is_hidden(self, column: int) -> bool:
        return any(first <= column <= last for first, last in self._hidden_columns)

    def end(self, name: str) -> None:
        """Ends an element."""
        if name in ("s:v", "s:t"):
            self._value += "".join(self._pieces or ())
            self._pieces = None
        elif name == "s:rPh":
            self._phonetic = False
        elif name == "s:c" and self._shown and self._value:
            self._found.append(self._block(self._type, self._style, self._value))

    def text(self, text: str) -> None:
        """Takes a text."""
        if self._pieces is not None:
            self._pieces.append(text)

    def take(self) -> list[SourceBlock]:
        """Returns the cells that are whole."""
        found, self._found = [block for block in self._found if block.text.strip()], []
        return found

    def _block(self, kind: str, style: str, value: str) -> SourceBlock:
        if kind == "s":
            index = _number(value)
            return SourceBlock(self._strings[index] if index < len(self._strings) else "", self._where, in_sheet=True)
        if kind == "b":
            return SourceBlock("TRUE" if value in ON else "FALSE", self._where, in_sheet=True)
        if kind == "e" and value == LINKED:
            return SourceBlock("", self._where)
        if kind in ("str", "inlineStr", "e"):
            return SourceBlock(_unescaped(value), self._where, in_sheet=True)
        shows = self._shows.get(style)
        if shows is None:
            number = _number(style)
            shows = self._shows[style] = self._styles[number] if number < len(self._styles) else "plain"
        if shows == "free":
            return SourceBlock("", self._where)
        whole = len(value) <= 11 and value.lstrip("-").isdigit()
        return SourceBlock(value, self._where, is_figure=shows == "figure" or kind == "d" or not whole, in_sheet=True)


class _Texts(NoBlocks):
    """Gathers the texts in `text` elements of each `element`."""

    def __init__(self, where: str, element: str, text: str) -> None:
        self._where, self._element, self._text = where, element, text
        self._pieces: list[str] = []
        self._reading = False
        self._found: list[SourceBlock] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == self._element:
            self._pieces = []
        self._reading = name == self._text

    def end(self, name: str) -> None:
        self._reading = False
        if name == self._element and (text := "".join(self._pieces)).strip():
            self._found.append(SourceBlock(text, self._where))

    def text(self, text: str) -> None:
        if self._reading:
            self._pieces.append(text)

    def take(self) -> list[SourceBlock]:
        found, self._found = self._found, []
        return found


def _unescaped(text: str) -> str:
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _is_zero(size: str | None) -> bool:
    return size is not None and size.strip("0.") == "" and "0" in size


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


def _place(reference: str) -> tuple[int, int]:
    """Returns (column, row) from 1; zeros where the reference says nothing."""
    found = REFERENCE.fullmatch(reference.replace("$", ""))
    if found is None:
        return 0, 0
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return column, _number(found[2])
