"""Reads verbatim text: inline code, code blocks, comments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.latex.tex.tokens import Token, source_of
from fathom.conversion.docling_backends.markup.markup_blocks import Code
from fathom.conversion.docling_backends.markup.markup_inline import InlineStyle

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.latex.latex_reader import Command, LatexReader, ReadEnvironment

_PLAIN = (
    "verbatim", "Verbatim", "BVerbatim", "LVerbatim", "SaveVerbatim", "semiverbatim", "alltt", "verbatimtab", "lstlisting",
    "minted", "tcblisting", "pycode", "pyverbatim", "codeblock", "sourcecode", "Sinput", "Soutput", "Highlighting",
)  # fmt: skip
_LEFT_OUT = ("comment", "filecontents", "CCSXML", "luacode", "python", "sagesilent")
_OPTIONS = re.compile(r"[ \t]*\[((?:[^\[\]{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\]")
_ARGUMENT = re.compile(r"[ \t]*\{([^{}\n]*)\}")
_CAPTION = re.compile(r"(?:^|,)\s*(?:caption|title)\s*=\s*(?:\{((?:[^{}]|\{[^{}]*\})*)\}|([^,]*))", re.S)
_LANGUAGE = re.compile(r"(?:^|,)\s*language\s*=\s*\{?(?:\[[^\]]*\])?\s*([\w+#-]+)", re.I)
_CODE = InlineStyle(code=True)


def commands() -> dict[str, Command]:
    """Returns the handlers for verbatim text."""
    return {
        "verb": _verb,
        "Verb": _verb,
        "lstinline": _listed_inline,
        "mintinline": _minted_inline,
        "mint": _minted_inline,
        "code": lambda reader, token: reader.open_style(code=True),
        "lstnewenvironment": _new_environment,
        "DefineVerbatimEnvironment": _new_environment,
        "newminted": _new_minted,
        "newverbatim": _new_environment,
        "inputminted": _file,
        "VerbatimInput": _file,
    }


def environments() -> dict[str, ReadEnvironment]:
    """Returns the readers of verbatim environments."""
    found: dict[str, ReadEnvironment] = dict.fromkeys(_PLAIN, _block)
    return found | dict.fromkeys(_LEFT_OUT, _left_out)


def _verb(reader: LatexReader, token: Token) -> None:
    reader.sink.emit(reader.source.verbatim(_behind_star(reader, token)), _CODE)


def _behind_star(reader: LatexReader, token: Token) -> Token:
    """Skips the star of `\\verb*`, unless it is the delimiter."""
    text, after = reader.source.lexer.text, token.after
    if reader.source.at_file() and 0 < after < len(text) and text[after] == "*" and text.find("*", after + 1, after + 200) < 0:
        return token._replace(after=after + 1)
    return token


def _listed_inline(reader: LatexReader, token: Token) -> None:
    reader.sink.emit(reader.source.verbatim(_behind_options(reader, token)), _CODE)


def _minted_inline(reader: LatexReader, token: Token) -> None:
    """Reads inline code preceded by its language."""
    opened = _behind_options(reader, token)
    source = reader.source
    if source.at_file() and opened.after >= 0:
        language = _ARGUMENT.match(source.lexer.text, opened.after)
        opened = opened._replace(after=language.end() if language is not None else opened.after)
    else:
        source.argument()
    text = source.verbatim(opened)
    if token.text == "mint":
        reader.sink.add(Code(text))
    else:
        reader.sink.emit(text, _CODE)


def _behind_options(reader: LatexReader, token: Token) -> Token:
    """Skips options in brackets; returns the position behind them."""
    source = reader.source
    if not source.at_file() or token.after < 0:
        source.optional(near=True)
        return token
    found = _OPTIONS.match(source.lexer.text, token.after)
    return token._replace(after=found.end()) if found is not None else token


def _block(reader: LatexReader, name: str) -> None:
    """Reads a block of code with its options: language, caption."""
    text = reader.source.until_end(name)
    kind = name.rstrip("*")
    language, caption = reader.verbatim_languages.get(kind, ""), ""
    options = _OPTIONS.match(text)
    first_line_end = text.find("\n")
    if options is not None and (first_line_end < 0 or options.start() <= first_line_end) and kind not in ("verbatim", "alltt"):
        language = (found[1] if (found := _LANGUAGE.search(options[1])) is not None else "") or language
        found = _CAPTION.search(options[1])
        caption = (found[1] or found[2] or "") if found is not None else ""
        text = text[options.end() :]
    if kind in ("minted", "tcblisting") and (argument := _ARGUMENT.match(text)) is not None:
        language = argument[1] if kind == "minted" else language
        text = text[argument.end() :]
    if kind == "alltt":
        text = re.sub(r"\\([{}\\])", r"\1", re.sub(r"\\[a-zA-Z]+\s*\{([^{}]*)\}", r"\1", text))
    head, newline, rest = text.partition("\n")
    reader.sink.add(Code(rest if newline and not head.strip() else text, language, reader.line_of_source(caption)))


def _left_out(reader: LatexReader, name: str) -> None:
    reader.source.until_end(name)


def _new_environment(reader: LatexReader, token: Token) -> None:
    """Defines a code environment declared in the text."""
    name = reader.source.word()
    if token.text == "lstnewenvironment":
        reader.drop("oo")
    options = source_of(reader.source.argument())
    reader.drop("d")
    found = _LANGUAGE.search(options) or re.search(r"language\s*=\s*([\w+#-]+)", options)
    reader.verbatim_languages[name] = found[1] if found is not None else ""
    reader.set_environment(name, _block)


def _new_minted(reader: LatexReader, token: Token) -> None:
    given = reader.source.optional()
    language = reader.source.word()
    reader.drop("d")
    name = source_of(given) if given else f"{language}code"
    reader.verbatim_languages[name] = language
    reader.set_environment(name, _block)


def _file(reader: LatexReader, token: Token) -> None:
    """Adds a notice about a code file that is missing."""
    reader.drop("o")
    name = reader.source.word()
    if token.text == "inputminted":
        name = reader.source.word()
    message = f"The file {name} that the text shows is not part of the upload."
    reader.notice("file_not_included", message, where=name)
