"""Reads LaTeX token by token: emits text, opens and closes groups, calls the handlers of commands and environments."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.latex.commands.latex_symbols import ACCENTS, add_accent, apply_ligatures, symbols
from fathom.conversion.docling_backends.latex.sinks import Sink
from fathom.conversion.docling_backends.latex.tex.conditions import Conditions
from fathom.conversion.docling_backends.latex.tex.macros import PROTECTED, Definitions, begin_environment, expand
from fathom.conversion.docling_backends.latex.tex.source import STOP_TOKEN, TokenSource
from fathom.conversion.docling_backends.latex.tex.tokens import (
    ALIGN,
    CLOSE,
    COMMAND,
    MATH,
    OPEN,
    PARAGRAPH,
    SPACE,
    STOP,
    TEXT,
    TIE,
    Token,
    tokens_of,
)
from fathom.conversion.docling_backends.markup.markup_blocks import Footnote, MarkupBlock
from fathom.conversion.docling_backends.markup.markup_inline import LINE_BREAK, PLAIN, InlineStyle, Run, plain, tidy
from fathom.conversion.report import Notice
from fathom.errors import NestedTooDeep

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.latex.commands.latex_floats import Float
    from fathom.conversion.docling_backends.latex.commands.latex_front import Front
    from fathom.conversion.docling_backends.latex.tables.tabular import TableInProgress

MAX_DEPTH = 80
_NOT_KEPT = frozenset({"bold", "italic"})  # set for single words and for whole layouts, which cannot be distinguished
MATH_SHIFT = "math shift"  # the key of the dollar sign's handler among the commands
_BODY = re.compile(r"^(?:[^%\n\\]|\\.)*?\\begin\s*\{document\}", re.M)
_GERMAN = re.compile(r"\\usepackage\s*(?:\[[^\]]*german[^\]]*\]\s*\{babel\}|\{n?german\})|\\documentclass\s*\[[^\]]*german")
_BEAMER = re.compile(r"\\documentclass\s*(?:\[[^\]]*\])?\s*\{beamer\}")
_HEADINGS = re.compile(r"\\(part|chapter|section|subsection)\*?\s*[\[{]")
_CJK = re.compile("[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff60]")
_OVERLAY = re.compile(r"^<[^<>]*>")
CLOSE_TOKEN = Token(CLOSE, "}", "}")

Command = Callable[["LatexReader", Token], None]
ReadEnvironment = Callable[["LatexReader", str], None]


class LatexReader:
    """The state of reading a text.

    `commands` and `environments` hold a handler for each name, which reads its arguments from `source` and adds text or blocks.
    """

    def __init__(self, text: str, commands: dict[str, Command], environments: dict[str, ReadEnvironment]) -> None:
        self.text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.source = TokenSource(self.text)
        self.definitions = Definitions()
        self.sink = Sink()
        self.style = PLAIN
        self.notices: list[Notice] = []
        self.signature: list[Run] = []  # of a letter, due behind its closing
        self.notes: list[Footnote] = []  # due at the end of the section
        self.note_count = 0
        self.last_number = 0  # of the previous list, for a list that resumes it
        self.front: Front | None = None
        self.table: TableInProgress | None = None
        self.float: Float | None = None
        self.unknown: dict[str, int] = {}
        self.glossary: dict[str, tuple[list[Token], list[Token]]] = {}  # short and long form of each term
        self.verbatim_languages: dict[str, str] = {}  # of code environments that the text defines
        self.used_headings = frozenset(_HEADINGS.findall(self.text))
        self.is_beamer = _BEAMER.search(self.text) is not None
        self._commands, self._environments = commands, environments
        self._conditions = Conditions(self.source, self.definitions)
        self._scopes: list[tuple[InlineStyle, bool]] = []
        self._open: list[str] = []
        self._depth = 0
        self._german = _GERMAN.search(self.text) is not None
        self.in_body = True

    def read(self) -> list[MarkupBlock]:
        """Returns the blocks of the text. Only definitions and the title are taken from the preamble."""
        begin = _BODY.search(self.text)
        if begin is not None:
            self._read_preamble(self.text[: begin.end()])
            self.source.lexer.place = begin.end()
        self.sink = Sink()
        while self.source.peek() is not None:
            self.flow()
            self.source.next() if self.source.peek() is not None else None  # a token that no flow accepts
        self.notes_due()
        return self.sink.finish()

    def _read_preamble(self, text: str) -> None:
        body, self.source.lexer.text = self.source.lexer.text, text[: text.rindex("\\begin")]
        self.in_body = False
        while self.source.peek() is not None:
            self.flow()
            self.source.next() if self.source.peek() is not None else None
        self.in_body = True
        self.style = PLAIN
        self.source.lexer.text = body

    # Emitting text and blocks.

    def emit(self, text: str) -> None:
        """Adds text in the current style."""
        self.sink.emit(text, self.style)

    def emit_runs(self, runs: Sequence[Run]) -> None:
        """Adds runs with a style of their own."""
        self.sink.runs += runs

    def emit_text(self, text: str) -> None:
        """Adds text with LaTeX's dashes and quotation marks; code is unchanged."""
        self.emit(text if self.style.code else apply_ligatures(text, german=self._german))

    def notes_due(self) -> None:
        """Adds the notes since the last heading."""
        due, self.notes = self.notes, []
        for note in due:
            self.sink.add(note)

    def notice(self, kind: str, message: str, where: str | None = None) -> None:
        """Notes content of the page that the document lacks."""
        self.notices.append(Notice(kind=kind, message=message, where=where))

    def set_command(self, name: str, command: Command) -> None:
        """Sets the handler of a command for the rest of this text."""
        self._commands[name] = command

    def with_commands(self, commands: dict[str, Command]) -> dict[str, Command]:
        """Adds commands, and returns the previous commands for `restore_commands`."""
        before = self._commands
        self._commands = {**before, **commands}
        return before

    def restore_commands(self, commands: dict[str, Command]) -> None:
        """Restores the previous commands."""
        self._commands = commands

    def set_environment(self, name: str, read: ReadEnvironment) -> None:
        """Sets the reader of an environment for this text."""
        self._environments[name] = read

    # Groups and arguments.

    def open_style(self, **changes: bool | str) -> None:
        """Reads the next argument in another style; weight and slope are not kept."""
        self._scopes.append((self.style, False))
        self.set_style(**changes)
        self.source.skip_blank()
        token = self.source.next()
        if token is None or token.kind == OPEN:
            return
        self.source.push([token])
        self.source.push([*self.source.argument(), CLOSE_TOKEN])

    def set_style(self, **changes: bool | str) -> None:
        """Reads the rest of the group in another style; weight and slope are not kept."""
        kept = {name: value for name, value in changes.items() if name not in _NOT_KEPT}
        self.style = replace(self.style, **kept)  # type: ignore[arg-type]

    def line(self, style: InlineStyle = PLAIN) -> list[Run]:
        """Returns the next argument as the runs of a line."""
        self.source.skip_blank()
        token = self.source.next()
        if token is None:
            return []
        if token.kind != OPEN:
            self.source.push([token])
            return self.line_of(self.source.argument(), style)
        return tidy(self._inside(Sink(inline=True), "}", style).runs)

    def line_of(self, tokens: Sequence[Token], style: InlineStyle = PLAIN) -> list[Run]:
        """Returns tokens as the runs of a line."""
        self.source.push([*tokens, STOP_TOKEN])
        return tidy(self._inside(Sink(inline=True), "stop", style).runs)

    def line_of_source(self, source: str, style: InlineStyle = PLAIN) -> list[Run]:
        """Returns a piece of LaTeX as the runs of a line."""
        return self.line_of(tokens_of(source), style)

    def text_of(self, tokens: Sequence[Token]) -> str:
        """Returns tokens as plain text."""
        return plain(self.line_of(tokens))

    def blocks(self) -> list[MarkupBlock]:
        """Returns the blocks of the next argument."""
        self.source.skip_blank()
        token = self.source.next()
        if token is not None and token.kind != OPEN:
            self.source.push([token])
            self.source.push([*self.source.argument(), STOP_TOKEN])
            return self._inside(Sink(), "stop", PLAIN).finish()
        return self._inside(Sink(), "}", PLAIN).finish() if token is not None else []

    def items(
        self, name: str, command: str, begin: Callable[[], list[Run]]
    ) -> tuple[list[MarkupBlock], list[list[MarkupBlock]]]:
        """Reads an environment of items; `command` names the command that begins an item, or several separated by blanks.

        `begin` reads the command's arguments and returns the first runs of the item's text. Returns the blocks before the
        first item, and those of each item.
        """
        outer, self.sink = self.sink, Sink()
        ended = self.flow(name, items=command)
        lead, found = self.sink.finish(), list[list[MarkupBlock]]()
        while ended == "item":
            runs = begin()
            self.sink = Sink()
            self.sink.runs = runs
            ended = self.flow(name, items=command)
            found.append(self.sink.finish())
        self.sink = outer
        return lead, found

    def environment_blocks(self, name: str) -> list[MarkupBlock]:
        """Returns the blocks up to the end of an environment."""
        return self._inside(Sink(), name, self.style).finish()

    def _inside(self, sink: Sink, until: str, style: InlineStyle) -> Sink:
        outer_sink, outer_style = self.sink, self.style
        self.sink, self.style = sink, style
        self.flow(until)
        self.sink, self.style = outer_sink, outer_style
        return sink

    # The flow of tokens.

    def flow(self, until: str = "", *, cells: bool = False, items: str = "") -> str:
        """Reads to the end of a group (`}`), an environment (its name), pushed tokens (`stop`) or the text.

        `cells`: an alignment sign or the end of a row ends it; `items`: so does a command of these names, separated by blanks.
        Returns the terminator: `}`, `stop`, `end`, `&`, `row`, `item`, or an empty text if an enclosing group ends first.
        """
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NestedTooDeep(f"Its groups and environments are nested more than {MAX_DEPTH} deep.")
        scopes, self._scopes = self._scopes, []
        style = self.style
        named = bool(until) and until not in ("}", "stop")
        if named:
            self._open.append(until)
        ended = self._flow(until, cells=cells, items=items)
        if named:
            self._open.pop()
        if self._scopes:
            self.style = style
        self._scopes = scopes
        self._depth -= 1
        return ended

    def _flow(self, until: str, *, cells: bool, items: str) -> str:
        source = self.source
        begins_item = items.split()
        while (token := source.next()) is not None:
            kind = token.kind
            if kind == TEXT:
                self.emit_text(token.text)
            elif kind == SPACE:
                if not self._is_within_cjk():
                    self.emit(" ")
            elif kind == COMMAND:
                at_top = not self._scopes
                if items and at_top and token.text in begins_item:
                    return "item"
                if cells and at_top and token.text in ("\\", "tabularnewline", "cr"):
                    return "row"
                if token.text == "end":
                    ended = self._end(until)
                    if ended is not None:
                        return ended
                else:
                    self.command(token)
            elif kind == OPEN:
                self._scopes.append((self.style, False))
            elif kind == CLOSE:
                if self._scopes:
                    self._close_scope()
                elif until == "}":
                    return "}"
            elif kind == PARAGRAPH:
                self.sink.paragraph()
            elif kind == ALIGN:
                if cells and not self._scopes:
                    return "&"
                self.emit(" ")
            elif kind == TIE:
                self.emit(" ")
            elif kind == MATH:
                self._commands[MATH_SHIFT](self, token)
            elif kind == STOP:
                if until != "stop":
                    source.push([token])
                    return ""
                return "stop"
            else:
                self.emit(token.text)
        return ""

    def _is_within_cjk(self) -> bool:
        """Returns whether the white space is between characters of a script without blanks, and thus not printed."""
        if not (self.sink.runs and _CJK.fullmatch(self.sink.runs[-1].text[-1:])):
            return False
        following = self.source.peek()
        return following is not None and following.kind == TEXT and _CJK.match(following.text) is not None

    def _close_scope(self) -> None:
        self.style, is_argument = self._scopes.pop()
        if is_argument:
            self._open_argument(between=" ")

    def _open_argument(self, between: str = "") -> None:
        """Opens a group that follows at once; groups of the same unknown command are separated by blanks."""
        token = self.source.next()
        if token is not None and token.kind == OPEN:
            self.emit(between)
            self._scopes.append((self.style, True))
        else:
            self.source.push([token] if token is not None else [])

    def _end(self, until: str) -> str | None:
        """Reads the end of an environment; the end of an enclosing environment ends the current environment, too."""
        name = self.source.word()
        if name == "document":
            self.source.lexer.place = len(self.source.lexer.text)
            return ""
        if name == until:
            return "end"
        if name in self._open:
            self.source.push([Token(COMMAND, "end", "\\end"), Token(OPEN, "{", "{"), Token(TEXT, name, name), CLOSE_TOKEN])
            return ""
        return None

    def command(self, token: Token) -> None:
        """Executes a command."""
        name = self.definitions.aliases.get(token.text, token.text)
        macro = self.definitions.macros.get(name)
        if macro is not None and name not in PROTECTED:
            expand(macro, self.source)
        elif name == "begin":
            self._begin()
        elif name in self._commands:
            if self.is_beamer:
                self.overlay()
            self._commands[name](self, token)
        elif name in ACCENTS:
            self.emit(add_accent(name, self._letters()))
        elif name in symbols():
            self.emit(symbols()[name])
        elif self._conditions.is_condition(name):
            self._conditions.open(name)
        elif name in ("else", "fi", "or"):
            self._conditions.close(name)
        else:
            self._unknown(name, token)

    def _letters(self) -> str:
        """Returns the letters under an accent."""
        runs = self.line_of(self.source.argument())
        return plain(runs)

    def _unknown(self, name: str, token: Token) -> None:
        """Reads a command without a known meaning: its options are skipped, its arguments become text.

        The command named after a counter prints its value.
        """
        if name.startswith("the") and (number := self.definitions.counters.get(name[3:])) is not None:
            self.emit(str(number))
            return
        if self.in_body and name.isalpha():
            self.unknown[name] = self.unknown.get(name, 0) + 1
        if token.raw[-1:].isalpha() or token.raw[-1:] == "*":
            self.source.optional(near=True)
            self._open_argument()

    def overlay(self) -> None:
        """Skips an overlay specification."""
        token = self.source.next()
        if token is not None and token.kind == TEXT and (found := _OVERLAY.match(token.text)) is not None:
            rest = token.text[found.end() :]
            self.source.push([Token(TEXT, rest, rest)] if rest else [])
        elif token is not None:
            self.source.push([token])

    def _begin(self) -> None:
        name = self.source.word()
        if self.is_beamer:
            self.overlay()
        environment = self.definitions.environments.get(name)
        if environment is not None and name not in ("document", "figure", "table", "tabular"):
            ending = begin_environment(environment, self.source)
            style = self.style
            if self.flow(name) == "end":
                self.source.expand(ending)
            self.style = style
            return
        read = self._environments.get(name) or self._environments.get(name.rstrip("*"))
        if read is not None:
            read(self, name)
            return
        theorem = self.definitions.theorems.get(name)
        if theorem is not None:
            self._environments["theorem"](self, name)
            return
        self.plain_environment(name)

    def plain_environment(self, name: str, *, arguments: str = "o") -> None:
        """Reads an environment whose content becomes blocks. `arguments`: `o` in brackets, `d` in braces."""
        self.drop(arguments)
        self.sink.paragraph()
        style = self.style
        self.flow(name)
        self.style = style
        self.sink.paragraph()

    def drop(self, arguments: str) -> None:
        """Skips arguments: `s` a star, `o` in brackets, `d` in braces, `p` in parentheses."""
        for kind in arguments:
            if kind == "s":
                self.source.star()
            elif kind == "o":
                self.source.optional()
            elif kind == "p":
                self.source.optional("(", ")")
            else:
                self.source.argument()

    def break_line(self) -> None:
        """Breaks the line and reads the optional star and height of the gap."""
        self.source.star()
        self.source.optional(near=True)
        self.emit(LINE_BREAK)

    def chosen_macro(self, name: str, default: str) -> str:
        """Returns the text of a macro that a document may change, such as `refname`."""
        macro = self.definitions.macros.get(name)
        return (self.text_of(macro.body) if macro is not None else "") or default
