"""Reads tables: spans in every form of their arguments, rules, heads, columns joined at a sign, tables in cells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.latex.sinks import Sink
from fathom.conversion.docling_backends.latex.tables.columns import Columns, read_columns
from fathom.conversion.docling_backends.latex.tables.table_rows import RawCell, RawRow, build_rows
from fathom.conversion.docling_backends.latex.tex.tokens import ALIGN, COMMAND, SPACE, TEXT, Token, source_of
from fathom.conversion.docling_backends.markup.markup_blocks import Footnote, MarkupBlock, MarkupTable, Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import Run

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.latex.latex_reader import Command, LatexReader, ReadEnvironment

# Arguments before that of the columns: `o` in brackets, `d` in braces.
_TABLES = {
    "tabular": "o", "array": "o", "tabular*": "do", "tabularx": "do", "tabulary": "do", "tabularew": "do", "longtable": "o",
    "xltabular": "odo", "supertabular": "o", "xtabular": "o", "mpsupertabular": "o", "NiceTabular": "o", "NiceTabular*": "do",
    "NiceTabularX": "do", "tblr": "o", "longtblr": "o", "talltblr": "o", "deluxetable": "o", "longtabu": "", "tabu": "",
    "ltablex": "d", "tabbing": "",
}  # fmt: skip
_WITH_OPTIONS = frozenset({"longtblr", "talltblr"})
_OPTION = re.compile(r"(caption|note|remark)\s*(?:\{([^{}]*)\})?\s*=\s*(\{(?:[^{}]|\{[^{}]*\})*\}|[^,]*)")
_WITHOUT_COLUMNS = frozenset({"tabbing"})
_ENDS_OF_PARTS = ("endfirsthead", "endhead", "endfoot", "endlastfoot")
MAX_SPAN = 10_000


@dataclass(slots=True)
class TableInProgress:
    """A table that is being read."""

    columns: Columns
    in_float: bool
    rows: list[RawRow] = field(default_factory=list[RawRow])
    row: RawRow = field(default_factory=RawRow)
    cell: RawCell = field(default_factory=RawCell)
    caption: list[Run] = field(default_factory=list[Run])
    notes: list[Footnote] = field(default_factory=list[Footnote])
    parts: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])  # ends of a long table's heads and feet


def commands() -> dict[str, Command]:
    """Returns the handlers for tables."""
    found: dict[str, Command] = {
        "multicolumn": _multicolumn,
        "multirow": _multirow,
        "multirowcell": lambda reader, token: _span_rows(reader, reader.text_of(reader.source.argument()), "oo"),
        "Block": _block_span,
        "SetCell": _set_cell,
        "colhead": lambda reader, token: None,
        "twocolhead": lambda reader, token: _set_columns(reader, 2),
        "tablehead": lambda reader, token: _table_head(reader),
        "startdata": lambda reader, token: _rule(reader),
        "enddata": lambda reader, token: None,
        "tablecolumns": lambda reader, token: reader.drop("d"),
        "tablewidth": lambda reader, token: reader.drop("d"),
        "tabletypesize": lambda reader, token: reader.drop("d"),
        "tablecomments": lambda reader, token: _below(reader),
        "tablenotetext": lambda reader, token: _below(reader, reader.source.word()),
        "tablenotemark": lambda reader, token: reader.emit(f"[^{reader.source.word()}]"),
        "tabletail": lambda reader, token: reader.drop("d"),
        "tablefirsthead": lambda reader, token: reader.drop("d"),
        "tablelasttail": lambda reader, token: reader.drop("d"),
        "diagbox": lambda reader, token: _divided(reader),
        "slashbox": lambda reader, token: _divided(reader),
        "backslashbox": lambda reader, token: _divided(reader),
        "cmidrule": lambda reader, token: reader.drop("opd"),
        "cline": lambda reader, token: reader.drop("d"),
        "Xcline": lambda reader, token: reader.drop("dd"),
        "addlinespace": lambda reader, token: reader.drop("o"),
        "hhline": lambda reader, token: _rule(reader, "d"),
        "specialrule": lambda reader, token: _rule(reader, "ddd"),
        "kill": lambda reader, token: None,
    }
    found |= dict.fromkeys(("hline", "Hline", "firsthline", "lasthline", "svhline"), lambda reader, token: _rule(reader))
    found |= dict.fromkeys(("toprule", "midrule", "bottomrule", "heavyrule"), lambda reader, token: _rule(reader, "o"))
    return found | dict.fromkeys(_ENDS_OF_PARTS, _end_of_part)


def environments() -> dict[str, ReadEnvironment]:
    """Returns the readers of table environments."""
    return dict.fromkeys(_TABLES, _table)


def _table(reader: LatexReader, name: str) -> None:
    """Reads a table; a nested table is added to its cell."""
    kind = name if name in _TABLES else name.rstrip("*")
    option = reader.source.optional() if kind in _WITH_OPTIONS else None
    reader.drop(_TABLES[kind])
    if kind in ("tabu", "longtabu"):
        _width_of_tabu(reader)
    columns = read_columns(reader.source.argument()) if kind not in _WITHOUT_COLUMNS else Columns()
    if kind == "deluxetable" or kind.startswith("Nice"):
        reader.source.optional(near=True)
    outer_table, outer_sink, style = reader.table, reader.sink, reader.style
    table = reader.table = TableInProgress(columns, reader.float is not None and kind != "longtable")
    if option:
        _read_options(reader, table, source_of(option))
    commands = reader.with_commands(_TABS if kind == "tabbing" else {})
    ended = "row"
    while ended in ("row", "&"):
        table.cell = RawCell()
        reader.sink, reader.style = Sink(), style
        ended = reader.flow(name, cells=True)
        table.cell.blocks = _cell_blocks(reader.sink.finish())
        table.row.cells.append(table.cell)
        if ended == "row":
            reader.source.star()
            reader.source.optional(near=True)
        if ended != "&":
            table.rows.append(table.row)
            table.row = RawRow()
    reader.restore_commands(commands)
    reader.table, reader.sink, reader.style = outer_table, outer_sink, style
    rows = build_rows(table.rows, table.parts, columns)
    if rows:
        reader.sink.add(MarkupTable(rows, table.caption, table.notes))
    elif table.caption:
        reader.sink.add(Paragraph(table.caption, "caption"))


def _read_options(reader: LatexReader, table: TableInProgress, options: str) -> None:
    """Reads caption and notes from the options of a table (tabularray)."""
    for found in _OPTION.finditer(options):
        runs = reader.line_of_source(found[3].strip().removeprefix("{").removesuffix("}"))
        if found[1] == "caption":
            table.caption = runs
        elif found[1] == "note":
            table.notes.append(Footnote(runs, found[2].strip()))
        else:
            table.notes.append(Footnote([Run(f"{found[2].strip()}: "), *runs]))


def _tab(reader: LatexReader, token: Token) -> None:
    reader.source.push([Token(ALIGN, "&", "&")])


# Commands that set and use the stops of a tabbing.
_TABS: dict[str, Command] = {"=": _tab, ">": _tab, "<": lambda reader, token: None, "+": lambda reader, token: None}


def _cell_blocks(blocks: list[MarkupBlock]) -> list[MarkupBlock]:
    """Returns the blocks of a cell; a single-column table in it, which only breaks lines, becomes text."""
    found: list[MarkupBlock] = []
    for block in blocks:
        if isinstance(block, MarkupTable) and all(len(row) == 1 for row in block.rows) and not block.caption:
            found += [inner for row in block.rows for inner in row[0].blocks]
        else:
            found.append(block)
    return found


def _width_of_tabu(reader: LatexReader) -> None:
    """Skips `to` or `spread` and the width behind it."""
    token = reader.source.next()
    while token is not None and token.kind in (SPACE, TEXT):
        token = reader.source.next()
    while token is not None and token.text != "{":
        token = reader.source.next()
    if token is not None:
        reader.source.push([token])


def _multicolumn(reader: LatexReader, token: Token) -> None:
    number = reader.text_of(reader.source.argument())
    reader.drop("d")
    _set_columns(reader, _whole(number))


def _set_columns(reader: LatexReader, count: int) -> None:
    if reader.table is not None:
        reader.table.cell.columns = max(1, count)


def _multirow(reader: LatexReader, token: Token) -> None:
    """Reads `\\multirow[position]{rows}[struts]{width}[move]`; the text follows."""
    reader.source.optional()
    number = reader.text_of(reader.source.argument())
    reader.source.optional()
    reader.source.argument()
    reader.source.optional()
    if reader.table is not None:
        reader.table.cell.rows = _whole(number) or 1


def _span_rows(reader: LatexReader, number: str, arguments: str) -> None:
    reader.drop(arguments)
    if reader.table is not None:
        reader.table.cell.rows = _whole(number) or 1


def _block_span(reader: LatexReader, token: Token) -> None:
    """Reads `\\Block[options]{rows-columns}<format>` of nicematrix; the text follows."""
    reader.source.optional()
    size = reader.source.word()
    reader.source.optional("<", ">")
    rows, _, columns = size.partition("-")
    if reader.table is not None:
        reader.table.cell.rows, reader.table.cell.columns = _whole(rows) or 1, max(1, _whole(columns))
        reader.table.cell.covers = False


def _set_cell(reader: LatexReader, token: Token) -> None:
    """Reads the spans of a cell of tabularray, as `[r=2,c=3]`."""
    options = source_of(reader.source.optional() or [])
    reader.drop("d")
    if reader.table is not None:
        for name, value in re.findall(r"\b([rc])\s*=\s*(\d{1,4})", options):
            if name == "r":
                reader.table.cell.rows = int(value)
            else:
                reader.table.cell.columns = int(value)
                reader.table.cell.covers = False


def _whole(text: str) -> int:
    found = re.match(r"\s*([+-]?\d{1,6})", text)
    return max(-MAX_SPAN, min(int(found[1]), MAX_SPAN)) if found is not None else 0


def _rule(reader: LatexReader, arguments: str = "") -> None:
    """Marks a rule over the whole width before the row."""
    reader.drop(arguments)
    if reader.table is not None:
        reader.table.row.ruled = True


def _end_of_part(reader: LatexReader, token: Token) -> None:
    """Ends the head or foot of a long table, which pages repeat."""
    if reader.table is not None:
        reader.table.parts.append((token.text, len(reader.table.rows)))


def _table_head(reader: LatexReader) -> None:
    """Reads the head of a deluxetable, whose cells are in an argument."""
    if reader.table is None:
        reader.drop("d")
        return
    tokens = reader.source.argument()
    reader.source.push([*tokens, Token(COMMAND, "\\", "\\\\")])
    reader.table.row.ruled = True


def _below(reader: LatexReader, mark: str = "") -> None:
    """Reads a note below the table."""
    note = Footnote(reader.line(), mark)
    (reader.notes if reader.table is None else reader.table.notes).append(note)


def _divided(reader: LatexReader) -> None:
    """Reads a diagonally divided cell: a name for the rows and a name for the columns."""
    reader.drop("o")
    first, second = reader.line(reader.style), reader.line(reader.style)
    reader.emit_runs([*first, Run(" / ", reader.style), *second])
