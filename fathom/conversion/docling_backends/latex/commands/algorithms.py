"""Reads algorithms line by line, with the keywords that their commands print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.latex.tex.tokens import CLOSE, OPEN, Token
from fathom.conversion.docling_backends.markup.markup_inline import LINE_BREAK, InlineStyle, Run

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.latex.latex_reader import Command, LatexReader, ReadEnvironment

# Words before and behind the argument of a command that begins a line; None: it has no argument.
_LINES: dict[str, tuple[str, str | None]] = {
    "state": ("", None), "statex": ("", None), "require": ("Require: ", None), "ensure": ("Ensure: ", None),
    "input": ("Input: ", None), "output": ("Output: ", None), "return": ("return ", None), "if": ("if ", " then"),
    "elsif": ("else if ", " then"), "else": ("else", None), "endif": ("end if", None), "for": ("for ", " do"),
    "forall": ("for all ", " do"), "endfor": ("end for", None), "while": ("while ", " do"), "endwhile": ("end while", None),
    "repeat": ("repeat", None), "until": ("until ", ""), "loop": ("loop", None), "endloop": ("end loop", None),
    "endfunction": ("end function", None), "endprocedure": ("end procedure", None), "print": ("print ", None),
}  # fmt: skip
_CAMEL = {"elsif": "ElsIf", "endif": "EndIf", "endfor": "EndFor", "forall": "ForAll", "endwhile": "EndWhile",
          "endloop": "EndLoop", "endfunction": "EndFunction", "endprocedure": "EndProcedure"}  # fmt: skip
# Commands of algorithm2e that enclose their body.
_ENCLOSING = {"If": "if", "ElseIf": "else if", "uIf": "if", "uElseIf": "else if", "lIf": "if", "While": "while", "For": "for",
              "ForEach": "foreach", "ForAll": "for all", "lFor": "for", "lForEach": "foreach"}  # fmt: skip
_NAMED = {"KwIn": "Input: ", "KwOut": "Output: ", "KwData": "Data: ", "KwResult": "Result: ", "KwRet": "return ",
          "Return": "return ", "Input": "Input: ", "Output": "Output: "}  # fmt: skip


def environments() -> dict[str, ReadEnvironment]:
    """Returns the readers of algorithm environments."""
    return {"algorithmic": _algorithmic, "algorithmicx": _algorithmic}


def commands_within() -> dict[str, Command]:
    """Returns the handlers for commands within an algorithm."""
    found: dict[str, Command] = {}
    for name, (before, after) in _LINES.items():
        for written in {name.upper(), name.capitalize(), _CAMEL.get(name, name.upper())}:
            found[written] = lambda reader, token, before=before, after=after: _line(reader, before, after)  # type: ignore[misc]
    found |= dict.fromkeys(("COMMENT", "Comment"), _comment)
    found |= dict.fromkeys(("Function", "Procedure"), _routine)
    found |= {"Call": _call, "AND": lambda reader, token: reader.emit(" and "), "OR": lambda reader, token: reader.emit(" or ")}
    return found


def commands() -> dict[str, Command]:
    """Returns the handlers for the commands of algorithm2e."""
    found: dict[str, Command] = {
        "eIf": _if_else,
        "Else": lambda reader, token: _enclosed(reader, "else", with_condition=False),
        "uElse": lambda reader, token: _enclosed(reader, "else", with_condition=False),
        "Repeat": lambda reader, token: _repeat(reader),
        "tcp": _comment,
        "tcc": _comment,
        "KwTo": lambda reader, token: reader.emit(" to "),
    }
    for name, word in _ENCLOSING.items():
        found[name] = lambda reader, token, word=word: _enclosed(reader, word)  # type: ignore[misc]
    for name, word in _NAMED.items():
        found[name] = lambda reader, token, word=word: _named(reader, word)  # type: ignore[misc]
    return found


def end_of_line() -> dict[str, Command]:
    """Returns the handler that ends a line of an algorithm; elsewhere the command is a thin space."""
    return {";": lambda reader, token: reader.emit(f";{LINE_BREAK}")}


def _algorithmic(reader: LatexReader, name: str) -> None:
    """Reads the lines of an algorithm with the commands local to algorithms."""
    before = reader.with_commands(commands_within())
    reader.plain_environment(name)
    reader.restore_commands(before)


def _line(reader: LatexReader, before: str, after: str | None) -> None:
    reader.emit(LINE_BREAK)
    reader.sink.emit(before, InlineStyle(bold=True) if before else InlineStyle())
    if after is not None:
        reader.emit_runs(reader.line())
        reader.sink.emit(after, InlineStyle(bold=True))


def _comment(reader: LatexReader, token: Token) -> None:
    reader.source.star()
    reader.emit_runs([Run(" ▷ "), *reader.line()])


def _routine(reader: LatexReader, token: Token) -> None:
    reader.emit(LINE_BREAK)
    name, arguments = reader.line(), reader.line()
    reader.emit_runs([Run(f"{token.text.lower()} ", InlineStyle(bold=True)), *name, Run("("), *arguments, Run(")")])


def _call(reader: LatexReader, token: Token) -> None:
    name, arguments = reader.line(), reader.line()
    reader.emit_runs([*name, Run("("), *arguments, Run(")")])


def _named(reader: LatexReader, word: str) -> None:
    reader.sink.emit(word, InlineStyle(bold=True))
    reader.emit_runs([*reader.line(), Run(LINE_BREAK)])


def _enclosed(reader: LatexReader, word: str, *, with_condition: bool = True) -> None:
    """Reads a branch or a loop, followed by its body."""
    reader.drop("p")
    reader.sink.emit(word, InlineStyle(bold=True))
    if with_condition:
        reader.emit_runs([Run(" "), *reader.line()])
    reader.emit_runs([Run(":"), Run(LINE_BREAK)])
    _body(reader)


def _if_else(reader: LatexReader, token: Token) -> None:
    _enclosed(reader, "if")
    reader.sink.emit("else", InlineStyle(bold=True))
    reader.emit_runs([Run(":"), Run(LINE_BREAK)])
    _body(reader)


def _repeat(reader: LatexReader) -> None:
    reader.emit_runs([Run("until ", InlineStyle(bold=True)), *reader.line(), Run(LINE_BREAK)])
    _body(reader)


def _body(reader: LatexReader) -> None:
    tokens = reader.source.argument()
    reader.source.push([Token(OPEN, "{", "{"), *tokens, Token(CLOSE, "}", "}")])
