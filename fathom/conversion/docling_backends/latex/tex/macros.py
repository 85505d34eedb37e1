"""Holds the macros, environments and counters that a text defines, and expands macro calls."""

from __future__ import annotations

from dataclasses import dataclass, field

from fathom.conversion.docling_backends.latex.tex.source import TokenSource
from fathom.conversion.docling_backends.latex.tex.tokens import COMMAND, OPEN, PARAMETER, SPACE, TEXT, Token, source_of

MAX_PARAMETERS = 9
MAX_DELIMITED = 20_000  # tokens of an argument that a delimiter ends
STARRED = Token(TEXT, "*", "*")
NO_VALUE = Token(COMMAND, "NoValue", "")
# Commands that a redefinition in the text does not change.
PROTECTED = frozenset(
    """
    abstract appendix author begin bibitem caption chapter cite citep citet date documentclass emph end eqref footnote
    footnotemark footnotetext href include includegraphics input item label maketitle multicolumn multirow ordinary paragraph
    part ref section subparagraph subsection subsubsection tableofcontents textbf textit texttt thanks title url usepackage verb
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a macro: `m` in braces, `o` in brackets with a default, `s` a star, `d` up to the delimiter."""

    kind: str
    default: tuple[Token, ...] | None = None
    delimiter: tuple[Token, ...] = ()


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro of the text."""

    body: tuple[Token, ...]
    parameters: tuple[Parameter, ...] = ()
    prefix: tuple[Token, ...] = ()  # tokens between the name and the first parameter


@dataclass(frozen=True, slots=True)
class Environment:
    """A user-defined environment: the tokens before and after its content."""

    begin: Macro
    end: tuple[Token, ...]


@dataclass(slots=True)
class Definitions:
    """The definitions of a text."""

    macros: dict[str, Macro] = field(default_factory=dict[str, Macro])
    environments: dict[str, Environment] = field(default_factory=dict[str, Environment])
    theorems: dict[str, list[Token]] = field(default_factory=dict[str, list[Token]])
    flags: dict[str, bool] = field(default_factory=dict[str, bool])
    counters: dict[str, int] = field(default_factory=dict[str, int])
    aliases: dict[str, str] = field(default_factory=dict[str, str])

    def define(self, name: str, macro: Macro, *, unless_known: bool = False) -> None:
        """Adds a macro; protected commands are unchanged."""
        if name and name not in PROTECTED and not (unless_known and name in self.macros):
            self.macros[name] = macro
            self.aliases.pop(name, None)


def expand(macro: Macro, source: TokenSource) -> None:
    """Replaces a macro call by the macro's body, filled with the arguments that follow."""
    for expected in macro.prefix:
        token = source.next()
        if token is not None and (token.kind, token.text) != (expected.kind, expected.text):
            source.push([token])
            break
    arguments = [_argument(parameter, source) for parameter in macro.parameters]
    source.expand(fill_body(macro.body, arguments))


def begin_environment(environment: Environment, source: TokenSource) -> list[Token]:
    """Inserts the beginning of an environment; returns the tokens of its end."""
    arguments = [_argument(parameter, source) for parameter in environment.begin.parameters]
    source.expand(fill_body(environment.begin.body, arguments))
    return fill_body(environment.end, arguments)


def fill_body(body: tuple[Token, ...], arguments: list[list[Token]]) -> list[Token]:
    """Returns the body with the arguments in the places of its parameters."""
    found: list[Token] = []
    for token in body:
        if token.kind != PARAMETER:
            found.append(token)
        elif token.text.startswith("##"):
            shown = token.text[len(token.text.rstrip("0123456789")) // 2 :]
            found.append(Token(PARAMETER, shown, shown))
        elif token.text[1:].isdigit() and int(token.text[1:]) <= len(arguments):
            found += arguments[int(token.text[1:]) - 1]
    return found


def _argument(parameter: Parameter, source: TokenSource) -> list[Token]:
    if parameter.kind == "o":
        given = source.optional()
        return list(parameter.default or ()) if given is None else given
    if parameter.kind == "s":
        return [STARRED] if source.star() else []
    if parameter.kind == "d":
        return _delimited(parameter.delimiter, source)
    return source.argument()


def _delimited(delimiter: tuple[Token, ...], source: TokenSource) -> list[Token]:
    """Returns the tokens up to the delimiter of a `\\def`, which is consumed."""
    found: list[Token] = []
    wanted = source_of(list(delimiter)).strip()
    depth = 0
    while (token := source.next()) is not None:
        if depth == 0 and token.raw.strip() and wanted.startswith(token.raw.strip()):
            if token.raw.strip() == wanted:
                break
        elif depth == 0 and token.kind == TEXT and wanted and wanted in token.text:
            before, _, after = token.text.partition(wanted)
            found += [Token(TEXT, before, before)] if before else []
            source.push([Token(TEXT, after, after)] if after else [])
            break
        depth += (token.kind == OPEN) - (token.text == "}" and token.kind != COMMAND)
        if depth < 0 or len(found) > MAX_DELIMITED:
            source.push([token])
            break
        found.append(token)
    if len(found) > 1 and found[0].kind == OPEN and found[-1].text == "}":
        return found[1:-1]
    return found


def read_command_name(source: TokenSource) -> str:
    """Returns the name of the command to define, with or without braces around it."""
    source.skip_blank()
    return next((token.text for token in source.argument() if token.kind == COMMAND), "")


def read_newcommand(source: TokenSource) -> tuple[str, Macro]:
    """Reads the arguments of `\\newcommand`: name, number of parameters, default of the first, body."""
    source.star()
    name = read_command_name(source)
    return name, _read_body(source)


def read_newenvironment(source: TokenSource) -> tuple[str, Environment]:
    """Reads the arguments of `\\newenvironment`."""
    source.star()
    name = source.word()
    begin = _read_body(source)
    return name, Environment(begin, tuple(source.argument()))


def _read_body(source: TokenSource) -> Macro:
    number = source.optional()
    digits = source_of(number).strip() if number is not None else ""
    count = min(int(digits), MAX_PARAMETERS) if digits.isdecimal() and len(digits) < 3 else 0
    default = source.optional() if number is not None else None
    parameters = [Parameter("m")] * count
    if default is not None and count:
        parameters[0] = Parameter("o", tuple(default))
    return Macro(tuple(source.argument()), tuple(parameters))


def read_def(source: TokenSource) -> tuple[str, Macro]:
    """Reads the arguments of `\\def`: name, pattern of parameters, body."""
    token = source.next()
    name = token.text if token is not None and token.kind == COMMAND else ""
    pattern: list[Token] = []
    while (token := source.next()) is not None and token.kind != OPEN and len(pattern) < 100:
        pattern.append(token)
    if token is not None:
        source.push([token])
    body = tuple(source.argument())
    pieces: list[list[Token]] = [[]]
    for part in pattern:
        if part.kind == PARAMETER:
            pieces.append([])
        else:
            pieces[-1].append(part)
    parameters = tuple(
        Parameter("d", delimiter=tuple(piece)) if any(part.kind != SPACE for part in piece) else Parameter("m")
        for piece in pieces[1:]
    )
    return name, Macro(body, parameters, tuple(part for part in pieces[0] if part.kind != SPACE))


def read_document_command(source: TokenSource) -> tuple[str, Macro]:
    """Reads the arguments of `\\NewDocumentCommand`: name, kinds of arguments, body."""
    name = read_command_name(source)
    kinds = source.argument()
    return name, Macro(tuple(source.argument()), tuple(document_parameters(kinds)))


def read_document_environment(source: TokenSource) -> tuple[str, Environment]:
    """Reads the arguments of `\\NewDocumentEnvironment`."""
    name = source.word()
    kinds = source.argument()
    begin = Macro(tuple(source.argument()), tuple(document_parameters(kinds)))
    return name, Environment(begin, tuple(source.argument()))


def document_parameters(kinds: list[Token]) -> list[Parameter]:
    """Returns the parameters of a spec such as `s m O{red} o`."""
    found: list[Parameter] = []
    own = TokenSource("")
    own.push(kinds)
    while (token := own.next()) is not None and len(found) < MAX_PARAMETERS:
        for sign in token.text if token.kind == TEXT else "":
            if sign in "mvr":
                found.append(Parameter("m"))
            elif sign in "od":
                found.append(Parameter("o", (NO_VALUE,)))
            elif sign in "OD":
                found.append(Parameter("o", tuple(own.argument())))
            elif sign in "st":
                found.append(Parameter("s"))
    return found
