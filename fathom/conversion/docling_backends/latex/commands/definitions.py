"""Handles commands that define or use macros, environments, counters and flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.latex.tex.macros import (
    STARRED,
    Environment,
    Macro,
    read_command_name,
    read_def,
    read_document_command,
    read_document_environment,
    read_newcommand,
    read_newenvironment,
)
from fathom.conversion.docling_backends.latex.tex.tokens import CLOSE, COMMAND, OPEN, SPACE, TEXT, Token, source_of
from fathom.conversion.docling_backends.markup.numerals import letters, roman

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.latex.latex_reader import Command, LatexReader

_NEWCOMMAND = ("newcommand", "renewcommand", "DeclareRobustCommand", "newrobustcmd", "renewrobustcmd")
_DOCUMENT_COMMAND = ("NewDocumentCommand", "RenewDocumentCommand", "DeclareDocumentCommand", "NewExpandableDocumentCommand")
_ENVIRONMENT = ("newenvironment", "renewenvironment")
_DOCUMENT_ENVIRONMENT = ("NewDocumentEnvironment", "RenewDocumentEnvironment", "DeclareDocumentEnvironment")
MAX_COUNTER = 10**9


def commands() -> dict[str, Command]:
    """Returns the handlers for definitions."""
    found: dict[str, Command] = {
        "providecommand": lambda reader, token: _newcommand(reader, unless_known=True),
        "let": _let,
        "csdef": _csdef,
        "csname": _csname,
        "DeclareMathOperator": _operator,
        "newtheorem": _theorem,
        "newif": _flag,
        "newcounter": _counter,
        "setcounter": _counter,
        "stepcounter": _counter,
        "refstepcounter": _counter,
        "addtocounter": _counter,
        "value": _number,
        "arabic": _number,
        "alph": _number,
        "Alph": _number,
        "roman": _number,
        "Roman": _number,
        "makeatletter": lambda reader, token: _at_is_letter(reader, True),
        "makeatother": lambda reader, token: _at_is_letter(reader, False),
        "ExplSyntaxOn": _programming,
        "ExplSyntaxOff": lambda reader, token: None,
        "IfNoValueTF": lambda reader, token: _choose(reader, _is_no_value(reader.source.argument())),
        "IfValueTF": lambda reader, token: _choose(reader, not _is_no_value(reader.source.argument())),
        "IfBooleanTF": lambda reader, token: _choose(reader, STARRED in reader.source.argument()),
        "IfNoValueT": lambda reader, token: _choose_one(reader, _is_no_value(reader.source.argument())),
        "IfValueT": lambda reader, token: _choose_one(reader, not _is_no_value(reader.source.argument())),
        "IfBooleanT": lambda reader, token: _choose_one(reader, STARRED in reader.source.argument()),
        "ifthenelse": _if_then_else,
        "ifblank": lambda reader, token: _choose(reader, not reader.source.word()),
        "ifstrempty": lambda reader, token: _choose(reader, not reader.source.word()),
        "@ifnextchar": lambda reader, token: _next_char(reader),
        "@ifstar": lambda reader, token: _choose(reader, reader.source.star()),
        "@ifundefined": lambda reader, token: _choose(reader, reader.source.word() not in reader.definitions.macros),
        "NoValue": lambda reader, token: None,
    }
    found |= dict.fromkeys(_NEWCOMMAND, lambda reader, token: _newcommand(reader))
    found |= dict.fromkeys(("def", "gdef", "edef", "xdef"), _def)
    found |= dict.fromkeys(
        _DOCUMENT_COMMAND, lambda reader, token: reader.definitions.define(*read_document_command(reader.source))
    )
    for name in _ENVIRONMENT:
        found[name] = lambda reader, token: _environment(reader, *read_newenvironment(reader.source))
    for name in _DOCUMENT_ENVIRONMENT:
        found[name] = lambda reader, token: _environment(reader, *read_document_environment(reader.source))
    return found


def _newcommand(reader: LatexReader, *, unless_known: bool = False) -> None:
    name, macro = read_newcommand(reader.source)
    reader.definitions.define(name, macro, unless_known=unless_known)


def _document_command(reader: LatexReader, token: Token) -> None:
    reader.definitions.define(*read_document_command(reader.source))


def _def(reader: LatexReader, token: Token) -> None:
    reader.definitions.define(*read_def(reader.source))


def _environment(reader: LatexReader, name: str, environment: Environment) -> None:
    if name:
        reader.definitions.environments[name] = environment


def _let(reader: LatexReader, token: Token) -> None:
    """Assigns the meaning of a command to another."""
    source, definitions = reader.source, reader.definitions
    name = source.next()
    meant = source.next()
    while meant is not None and (meant.kind == SPACE or (meant.kind == TEXT and meant.text.startswith("="))):
        if meant.kind == TEXT and len(meant.text) > 1:
            source.push([Token(TEXT, meant.text[1:], meant.text[1:])])
        meant = source.next()
    if name is None or meant is None or name.kind != COMMAND:
        return
    if meant.kind != COMMAND:
        definitions.define(name.text, Macro((meant,)))
    elif meant.text in definitions.macros:
        definitions.define(name.text, definitions.macros[meant.text])
    elif meant.text != name.text:
        definitions.macros.pop(name.text, None)
        definitions.aliases[name.text] = definitions.aliases.get(meant.text, meant.text)


def _csdef(reader: LatexReader, token: Token) -> None:
    name = reader.source.word()
    reader.definitions.define(name, Macro(tuple(reader.source.argument())))


def _csname(reader: LatexReader, token: Token) -> None:
    parts: list[Token] = []
    while (part := reader.source.next()) is not None and part.text != "endcsname" and len(parts) < 100:
        parts.append(part)
    name = source_of(parts).strip()
    reader.source.expand([Token(COMMAND, name, f"\\{name} ")])


def _operator(reader: LatexReader, token: Token) -> None:
    reader.source.star()
    name = read_command_name(reader.source)
    shown = reader.source.argument()
    body = (Token(COMMAND, "operatorname", "\\operatorname"), Token(OPEN, "{", "{"), *shown, Token(CLOSE, "}", "}"))
    reader.definitions.define(name, Macro(body))


def _theorem(reader: LatexReader, token: Token) -> None:
    reader.source.star()
    name = reader.source.word()
    reader.source.optional()
    reader.definitions.theorems[name] = reader.source.argument()
    reader.source.optional()


def _flag(reader: LatexReader, token: Token) -> None:
    name = read_command_name(reader.source)
    flags = reader.definitions.flags
    flag = name.removeprefix("if")
    flags[flag] = False
    reader.set_command(f"{flag}true", lambda reader, token: flags.update({flag: True}))
    reader.set_command(f"{flag}false", lambda reader, token: flags.update({flag: False}))


def _counter(reader: LatexReader, token: Token) -> None:
    name = reader.source.word()
    counters = reader.definitions.counters
    if token.text == "newcounter":
        reader.source.optional()
        counters[name] = 0
        return
    value = 1 if token.text in ("stepcounter", "refstepcounter") else _whole(reader, reader.source.argument())
    before = 0 if token.text == "setcounter" else counters.get(name, 0)
    counters[name] = max(-MAX_COUNTER, min(before + value, MAX_COUNTER))


def _whole(reader: LatexReader, tokens: list[Token]) -> int:
    text = source_of(tokens).strip()
    if text.startswith("\\value"):
        return reader.definitions.counters.get(text.removeprefix("\\value").strip("{} "), 0)
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 10 else 0


def _number(reader: LatexReader, token: Token) -> None:
    """Adds the value of a counter; nothing if the text does not set it."""
    name = reader.source.word()
    number = reader.definitions.counters.get(name)
    if number is None:
        return
    write = {"alph": letters, "Alph": letters, "roman": roman, "Roman": roman}.get(token.text, str)
    shown = write(number)
    reader.emit(shown.upper() if token.text[0].isupper() else shown)


def _programming(reader: LatexReader, token: Token) -> None:
    """Skips code in the programming layer for packages."""
    while (part := reader.source.next()) is not None and part.text != "ExplSyntaxOff":
        pass


def _at_is_letter(reader: LatexReader, value: bool) -> None:
    reader.source.lexer.at_is_letter = value


def _is_no_value(tokens: list[Token]) -> bool:
    return len(tokens) == 1 and tokens[0].kind == COMMAND and tokens[0].text == "NoValue"


def _choose(reader: LatexReader, holds: bool) -> None:
    first, second = reader.source.argument(), reader.source.argument()
    reader.source.expand(first if holds else second)


def _choose_one(reader: LatexReader, holds: bool) -> None:
    first = reader.source.argument()
    reader.source.expand(first if holds else [])


def _if_then_else(reader: LatexReader, token: Token) -> None:
    """Reads `\\ifthenelse`; for conditions other than text comparisons the first branch is read."""
    condition = reader.source.argument()
    text = source_of(condition).strip()
    holds = True
    if text.startswith("\\equal"):
        parts = text.removeprefix("\\equal").strip()[1:-1].split("}{")
        holds = len(parts) == 2 and parts[0].strip() == parts[1].strip()
    _choose(reader, holds)


def _next_char(reader: LatexReader) -> None:
    wanted = reader.source.argument()
    first, second = reader.source.argument(), reader.source.argument()
    following = reader.source.peek()
    holds = following is not None and bool(wanted) and following.raw[:1] == wanted[0].raw[:1]
    reader.source.expand(first if holds else second)
