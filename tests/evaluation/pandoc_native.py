"""Pandoc's trees, read from its native format: the values of a Haskell program as its `show` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.evaluation.structure import Cells, GridWriter, Structure

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\[\s\S])*")|(?P<number>-?\d+(?:\.\d+)?(?:e-?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[\[\](){},=%]))"""
)
ESCAPE = re.compile(r"\\(?:(?P<code>\d+)|x(?P<hex>[0-9a-fA-F]+)|(?P<gap>\s+\\)|(?P<one>.))")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "&": "", "f": "\f", "v": "\v", "b": "\b", "a": "\a"}
BLANKS = frozenset({"Space", "SoftBreak", "LineBreak"})
# Constructors of blocks that begin a new line of text.
LINES = frozenset({"Para", "Plain", "Header", "LineBlock", "CodeBlock", "Div", "BlockQuote"})


@dataclass(frozen=True)
class Node:
    """A constructor with its arguments: nodes, strings, numbers, lists, tuples."""

    name: str
    arguments: tuple[Any, ...] = ()


def parse_native(source: str) -> Any:
    """The value the source writes. Raises ValueError where it is not the `show` of one value."""
    value, rest = _application(tuple(_tokens(source)), 0)
    if rest != len(tuple(_tokens(source))):
        raise ValueError(f"after the value there is more, from token {rest} on")
    return value


def structure_of(tree: Any) -> Structure:
    """The tree's headings (its title among them, as level 0) and tables; a table in a cell is part of that cell."""
    found = Structure()
    _visit(tree, found)
    return found


def text_of(value: Any) -> str:
    """The text of blocks or inlines, without attributes, targets and notes."""
    return " ".join("".join(_texts(value)).split())


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    at = 0
    source = source.rstrip()
    while at < len(source):
        match = TOKEN.match(source, at)
        if match is None or match.lastgroup is None:
            raise ValueError(f"no token at {at}: {source[at : at + 20]!r}")
        yield match.lastgroup, match.group(match.lastgroup)
        at = match.end()


def _application(tokens: tuple[tuple[str, str], ...], at: int) -> tuple[Any, int]:
    """A constructor with all its arguments, or one value that is none."""
    kind, text = tokens[at]
    if kind != "name":
        return _atom(tokens, at)
    arguments = []
    at += 1
    while at < len(tokens) and (tokens[at][0] != "mark" or tokens[at][1] in "[({"):
        argument, at = _atom(tokens, at)
        arguments.append(argument)
    return Node(text, tuple(arguments)), at


def _atom(tokens: tuple[tuple[str, str], ...], at: int) -> tuple[Any, int]:
    kind, text = tokens[at]
    if kind == "text":
        return _unescaped(text[1:-1]), at + 1
    if kind == "number":
        return float(text), at + 1
    if kind == "name":
        return Node(text), at + 1
    closing = {"[": "]", "(": ")", "{": "}"}[text]
    items: list[Any] = []
    at += 1
    while tokens[at] != ("mark", closing):
        item, at = _application(tokens, at)
        if tokens[at] == ("mark", "="):  # a field of a record: its value is what counts
            item, at = _application(tokens, at + 1)
        items.append(item)
        if tokens[at] == ("mark", ","):
            at += 1
    if text == "(":
        return items[0] if len(items) == 1 else tuple(items), at + 1
    return items, at + 1


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        if match["code"] is not None:
            return chr(int(match["code"]))
        if match["hex"] is not None:
            return chr(int(match["hex"], 16))
        return "" if match["gap"] is not None else ESCAPES.get(match["one"], match["one"])

    return ESCAPE.sub(character, text)


def _visit(value: Any, found: Structure) -> None:
    if isinstance(value, list | tuple):
        if len(value) == 2 and value[0] == "title" and isinstance(value[1], Node):
            found.headings.append((0, text_of(value[1].arguments)))
        for item in value:
            _visit(item, found)
    elif isinstance(value, Node):
        if value.name == "Header":
            found.headings.append((int(value.arguments[0]), text_of(value.arguments[2])))
        elif value.name == "Table":
            found.tables.append(_cells(value))
        else:
            _visit(value.arguments, found)


def _cells(table: Node) -> Cells:
    writer = GridWriter()
    for row in _rows(table.arguments[3:]):
        writer.row()
        for cell in row.arguments[1]:
            _, _, rows, columns, blocks = cell.arguments
            writer.cell(text_of(blocks), int(rows.arguments[0]), int(columns.arguments[0]))
    return writer.rows()


def _rows(value: Any) -> Iterator[Node]:
    """Every Row, from the head to the foot."""
    if isinstance(value, Node) and value.name == "Row":
        yield value
    elif isinstance(value, Node):
        yield from _rows(value.arguments)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _rows(item)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, tuple):
        for item in value:
            if not isinstance(item, str) and not _is_attribute(item):
                yield from _texts(item)
    elif isinstance(value, Node):
        if value.name in BLANKS:
            yield " "
        elif value.name == "Str":
            yield value.arguments[0]
        elif value.name in {"Code", "Math", "CodeBlock"}:
            yield value.arguments[1]
        elif value.name != "Note" and not value.name.startswith("Raw"):
            yield from _texts(tuple(value.arguments))
            if value.name in LINES:
                yield "\n"


def _is_attribute(value: Any) -> bool:
    """An identifier with classes and pairs, or a link's target and title."""
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], str)
