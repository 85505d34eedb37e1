"""Reads formulas: their TeX with the text's own macros expanded; plain numbers and signs become text."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.latex.commands.latex_symbols import symbols
from fathom.conversion.docling_backends.latex.tex.macros import expand
from fathom.conversion.docling_backends.latex.tex.tokens import (
    CLOSE,
    COMMAND,
    MATH,
    OPEN,
    PARAGRAPH,
    STOP,
    TEXT,
    Token,
    source_of,
)
from fathom.conversion.docling_backends.markup.markup_blocks import Formula
from fathom.conversion.docling_backends.markup.markup_inline import InlineStyle, Run

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.latex.latex_reader import Command, LatexReader, ReadEnvironment

# Environments of displayed formulas, and the environment around their rows; empty if there is a single row.
_DISPLAYED = {
    "equation": "", "displaymath": "", "math": "", "dmath": "", "align": "aligned", "flalign": "aligned", "alignat": "aligned",
    "xalignat": "aligned", "gather": "gathered", "multline": "gathered", "eqnarray": "aligned", "dgroup": "gathered",
}  # fmt: skip
_PIECE = re.compile(
    r"(?P<number>\d[\d.,]*\d|\d|\.\d+)|(?P<script>[_^])\s*(?:\{(?P<group>[^{}]*(?:\{[^{}]*\}[^{}]*)*)\}|(?P<one>\\[a-zA-Z]+|[^\s\\{}]))"
    r"|\\(?:text|textrm|mathrm|rm|mbox|textnormal|textit|textbf|ce|operatorname|mathsf|textsc)\s*\{(?P<words>[^{}$\\]*)\}"
    r"|\\(?P<sign>[a-zA-Z]+|[%,;:!&$# ])|(?P<plain>[-+±<>=/()\[\]~:,.!*|])|(?P<blank>\s+)|(?P<empty>\{\})"
)
_PLAIN_SIGNS = {"~": " ", ",": ",", "*": "*"}
_BLANK_SIGNS = frozenset({",", ";", ":", " ", "quad", "qquad", "thinspace"})
_NOT_A_SIGN = frozenset(
    {"frac", "sqrt", "left", "right", "sum", "int", "prod", "lim", "cos", "sin", "tan", "ln", "log", "exp", "max"}
)
_LABEL = re.compile(r"\\(?:label|zlabel)\s*\{[^{}]*\}|\\(?:nonumber|notag)\b")


def commands() -> dict[str, Command]:
    """Returns the handlers for formulas."""
    return {
        "math shift": _math,
        "(": lambda reader, token: _inline(reader, token, ")"),
        "[": lambda reader, token: _display(reader, "]"),
        "ensuremath": _ensured,
        ")": lambda reader, token: None,
        "]": lambda reader, token: None,
    }


def environments() -> dict[str, ReadEnvironment]:
    """Returns the readers of formula environments."""
    return dict.fromkeys(_DISPLAYED, _environment)


def _math(reader: LatexReader, token: Token) -> None:
    if token.text == "$$":
        following = reader.source.peek()
        if following is None or following.kind == STOP:
            return
        _display(reader, "$$")
    else:
        _inline(reader, token, "$")


def _inline(reader: LatexReader, token: Token, closing: str) -> None:
    formula = FormulaTokens(reader, closing).read()
    if not formula.is_closed and closing == "$":  # an unmatched dollar sign
        reader.emit("$")
        reader.source.push(formula.consumed)
        return
    emit_formula(reader, source_of(formula.found))


def _display(reader: LatexReader, closing: str) -> None:
    formula = FormulaTokens(reader, closing).read()
    reader.sink.add(Formula(_tidy(source_of(formula.found))))


def _ensured(reader: LatexReader, token: Token) -> None:
    reader.source.push([*reader.source.argument(), Token(COMMAND, ")", "\\)")])
    _inline(reader, token, ")")


def _environment(reader: LatexReader, name: str) -> None:
    kind = name.rstrip("*")
    if kind in ("alignat", "xalignat"):
        reader.drop("d")
    tex = _tidy(source_of(FormulaTokens(reader, name).read().found))
    if kind == "math":
        emit_formula(reader, tex)
        return
    rows = _DISPLAYED[kind]
    if kind == "eqnarray":
        tex = re.sub(r"&\s*([^&]*?)\s*&", r"& \1 ", tex)
    reader.sink.add(Formula(f"\\begin{{{rows}}}{tex}\\end{{{rows}}}" if rows and tex else tex))


class FormulaTokens:
    """The tokens of a formula up to its end, `found`, in which macros of the text are expanded; `is_closed` once the end came.

    `closing` is a dollar sign, `)` or `]` of the command, or the name of an environment. `consumed` are the tokens as they were
    read, to be read again if they are no formula.
    """

    def __init__(self, reader: LatexReader, closing: str) -> None:
        self._reader = reader
        self._closing = closing
        self.found: list[Token] = []
        self.consumed: list[Token] = []
        self.is_closed = False

    def read(self) -> FormulaTokens:
        """Reads to the formula's end, or to the end of the paragraph, group or text around it."""
        source, closing = self._reader.source, self._closing
        depth = 0
        while not self.is_closed and (token := source.next()) is not None:
            kind = token.kind
            depth += (kind == OPEN) - (kind == CLOSE)
            if kind == STOP or (kind == PARAGRAPH and closing == "$") or depth < 0:
                source.push([token])
                return self
            if kind == MATH and depth == 0 and closing.startswith("$"):
                if token.text != closing and token.text == "$$":
                    source.push([Token(MATH, "$", "$")])
                self.is_closed = True
            elif kind == COMMAND:
                self._read_command(token, depth)
            else:
                self._take(Token(PARAGRAPH, " ", " ") if kind == PARAGRAPH else token)
        self.is_closed = self.is_closed or closing not in ("$", "$$")  # the end of the text closes other formulas
        return self

    def _take(self, token: Token) -> None:
        self.consumed.append(token)
        self.found.append(token)

    def _read_command(self, token: Token, depth: int) -> None:
        name = token.text
        macro = self._reader.definitions.macros.get(name)
        if name == self._closing and depth == 0:
            self.is_closed = True
        elif macro is not None and name not in ("frac", "sqrt", "begin", "end"):
            expand(macro, self._reader.source)
        elif name in ("begin", "end"):
            self._read_environment(token)
        elif name in ("footnote", "footnotemark", "cite", "ref", "eqref"):
            call = [token, *_arguments(self._reader, name)]
            self.consumed += call
            shown = "".join(run.text for run in self._reader.line_of(call))
            self.found.append(Token(COMMAND, "text", f"\\text{{{shown}}}"))
        elif name in ("ensuremath", "xspace", "protect"):
            self.consumed.append(token)
        else:
            self._take(token)

    def _read_environment(self, token: Token) -> None:
        self.consumed.append(token)
        name = self._reader.source.word()
        if token.text == "end" and name == self._closing:
            self.is_closed = True
            return
        self.consumed += [Token(OPEN, "{", "{"), Token(TEXT, name, name), Token(CLOSE, "}", "}")]
        self.found.append(Token(COMMAND, token.text, f"\\{token.text}{{{name}}}"))


def _arguments(reader: LatexReader, name: str) -> list[Token]:
    if name == "footnotemark":
        return []
    return [Token(OPEN, "{", "{"), *reader.source.argument(), Token(CLOSE, "}", "}")]


def emit_formula(reader: LatexReader, tex: str) -> None:
    """Adds an inline formula: as text if it is only numbers, signs, superscripts and subscripts."""
    tex = _tidy(tex)
    runs = simple_runs(tex, reader.style)
    if runs is not None:
        reader.emit_runs(runs)
    elif tex:
        reader.emit_runs([Run(tex, replace(reader.style, formula=True, code=False, script=""))])


def _tidy(tex: str) -> str:
    return " ".join(_LABEL.sub("", tex).split())


def simple_runs(tex: str, style: InlineStyle) -> list[Run] | None:
    """Returns a formula without letters of its own as text, such as `10^6`, `\\pm 5`, `_2` or `^\\circ`; None for others."""
    runs: list[Run] = []
    place = 0
    after_words = False
    kind: str | None = ""
    while place < len(tex):
        piece = _PIECE.match(tex, place)
        if piece is None:
            return None
        after_words = kind == "words"
        place, kind = piece.end(), piece.lastgroup
        if piece["script"]:
            shown = _script(piece["group"] if piece["group"] is not None else piece["one"])
            if shown is None:
                return None
            if runs and len(runs[-1].text) == 1 and runs[-1].text.isalpha() and not after_words:  # an index of a letter
                return None
            raised = piece["script"] == "^"
            if shown in ("°", "′"):
                runs.append(Run(shown, style))
            else:
                runs.append(Run(shown, replace(style, script="super" if raised else "sub")))
        elif kind == "sign":
            sign = _sign(piece["sign"])
            if sign is None:
                return None
            runs.append(Run(sign, style))
        elif kind == "blank":
            runs.append(Run(" ", style))
        elif kind == "words":
            runs.append(Run(piece["words"], style))
        elif kind != "empty":
            runs.append(Run(_PLAIN_SIGNS.get(piece[0], piece[0]), style))
    return runs


def _sign(name: str) -> str | None:
    if name in _BLANK_SIGNS:
        return " "
    if name in ("degree", "textdegree"):
        return "°"
    found = symbols().get(name)
    return found if found is not None and name not in _NOT_A_SIGN and len(found) == 1 else "" if name == "!" else None


def _script(content: str) -> str | None:
    """Returns the text of a superscript or subscript group; None if it is a formula of its own."""
    content = content.strip()
    if content in ("\\circ", "\\degree", "o"):
        return "°" if content != "o" else "o"
    if content in ("\\prime", "'"):
        return "′"
    words = re.fullmatch(r"\\(?:text|textrm|mathrm|rm|mbox|textit|operatorname|textnormal)\s*\{([^{}\\$]*)\}", content)
    if words is not None:
        return words[1]
    parts: list[str] = []
    for part in re.findall(r"\\[a-zA-Z]+|\\.|[^\\]", content):
        if part.startswith("\\"):
            sign = _sign(part[1:])
            if sign is None:
                return None
            parts.append(sign)
        elif part.isalnum() or part in "+-−*,. ()/'":
            parts.append(part)
        else:
            return None
    return "".join(parts)
