"""Handles formatting commands: those that change the text's meaning, and those that only affect layout."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.latex.commands.ignored_arguments import ignored_arguments
from fathom.conversion.docling_backends.latex.tex.tokens import COMMAND, MATH, TEXT, Token, source_of
from fathom.conversion.docling_backends.markup.markup_inline import LINE_BREAK

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.latex.latex_reader import Command, LatexReader

_ARGUMENT_STYLES: dict[str, dict[str, bool | str]] = {
    "textbf": {"bold": True}, "bm": {"bold": True}, "textit": {"italic": True}, "textsl": {"italic": True},
    "texttt": {"code": True}, "sout": {"struck": True}, "st": {"struck": True}, "xout": {"struck": True},
    "textsuperscript": {"script": "super"}, "textsubscript": {"script": "sub"}, "up": {"script": "super"},
    "sups": {"script": "super"}, "fup": {"script": "super"}, "alert": {"bold": True}, "structure": {"bold": True},
    "textnormal": {"bold": False, "italic": False, "code": False}, "textup": {"italic": False}, "textmd": {"bold": False},
}  # fmt: skip
_GROUP_STYLES: dict[str, dict[str, bool | str]] = {
    "bf": {"bold": True}, "bfseries": {"bold": True}, "boldmath": {}, "it": {"italic": True}, "itshape": {"italic": True},
    "sl": {"italic": True}, "slshape": {"italic": True}, "tt": {"code": True}, "ttfamily": {"code": True},
    "rm": {"bold": False, "italic": False, "code": False}, "rmfamily": {"code": False}, "sffamily": {"code": False},
    "mdseries": {"bold": False}, "upshape": {"italic": False},
    "normalfont": {"bold": False, "italic": False, "code": False},
}  # fmt: skip
# Settings of TeX that a number or a length follows, with or without an equal sign.
_ASSIGNED = frozenset(
    """
    looseness hyphenpenalty tolerance clubpenalty widowpenalty displaywidowpenalty penalty parindent parskip baselineskip hsize
    vsize textwidth textheight topmargin oddsidemargin evensidemargin tabcolsep arraystretch vskip hskip kern mkern mskip
    emergencystretch hbadness vbadness hfuzz vfuzz leftskip rightskip topskip abovedisplayskip belowdisplayskip bibsep
    interfootnotelinepenalty pdfoutput doublerulesep marginparwidth columnsep headheight headsep footskip itemsep parsep topsep
    abovecaptionskip belowcaptionskip textfloatsep floatsep intextsep linewidth columnwidth fboxsep fboxrule unitlength
    pretolerance exhyphenpenalty brokenpenalty interlinepenalty floatpagepagefraction lineskip normalbaselineskip
    """.split()  # noqa: SIM905
)
_LENGTH = re.compile(
    r"\s*=?\s*[-+]?\s*(?:\d*[.,]?\d+|\d+)\s*(?:(?:true\s*)?(?:pt|em|ex|cm|mm|in|bp|pc|dd|cc|sp|mu|fil{1,3}))?"
    r"(?:\s*(?:plus|minus)\s*[-+]?\d*[.,]?\d+\s*(?:pt|em|ex|cm|mm|in|bp|mu|fil{1,3}))*"
)


def commands() -> dict[str, Command]:
    """Returns the handlers for formatting commands."""
    found: dict[str, Command] = {}
    for name, changes in _ARGUMENT_STYLES.items():
        found[name] = lambda reader, token, changes=changes: reader.open_style(**changes)  # type: ignore[misc]
    for name, changes in _GROUP_STYLES.items():
        found[name] = lambda reader, token, changes=changes: reader.set_style(**changes)  # type: ignore[misc]
    for name, arguments in ignored_arguments().items():
        found[name] = lambda reader, token, arguments=arguments: reader.drop(arguments)  # type: ignore[misc]
    for name in _ASSIGNED:
        found[name] = _assignment
    found |= {
        "emph": lambda reader, token: reader.open_style(italic=not reader.style.italic),
        "em": lambda reader, token: reader.set_style(italic=not reader.style.italic),
        "hspace": _space,
        "\\": lambda reader, token: reader.break_line(),
        "newline": lambda reader, token: reader.break_line(),
        "linebreak": _line_break,
        "tabularnewline": lambda reader, token: reader.break_line(),
        "par": lambda reader, token: reader.sink.paragraph(),
        "MakeUppercase": _upper,
        "uppercase": _upper,
        "texorpdfstring": _for_page,
        "xspace": _xspace,
        "char": _character,
        "symbol": _character,
        "ding": _dingbat,
        "enquote": _quoted,
        "textquote": _quoted,
        "lettrine": _lettrine,
    }  # fmt: skip
    return found


def _assignment(reader: LatexReader, token: Token) -> None:
    """Skips the number or length assigned to a TeX parameter; a preceding `the` prints the value instead."""
    following = reader.source.next()
    if following is None:
        return
    if following.kind == COMMAND and following.text in _ASSIGNED:
        return
    if following.kind == TEXT and following.text.startswith("="):
        rest = following.text[1:]
        if not rest:
            value = reader.source.peek()
            if value is not None and value.kind == COMMAND:
                reader.source.next()
                return
    if following.kind != TEXT:
        reader.source.push([following])
        return
    found = _LENGTH.match(following.text)
    rest = following.text[found.end() :] if found is not None else following.text
    reader.source.push([Token(TEXT, rest, rest)] if rest else [])
    if token.text in ("hskip", "kern") and found is not None:
        reader.emit(" " if token.text == "hskip" else "")


def _space(reader: LatexReader, token: Token) -> None:
    reader.drop("sd")
    reader.emit(" ")


def _line_break(reader: LatexReader, token: Token) -> None:
    reader.drop("o")
    reader.emit(LINE_BREAK)


def _upper(reader: LatexReader, token: Token) -> None:
    reader.source.push([_raised(part) for part in reader.source.argument()])


def _raised(token: Token) -> Token:
    if token.kind != TEXT:
        return token
    text = token.text.upper()
    return Token(TEXT, text, text, token.after)


def _for_page(reader: LatexReader, token: Token) -> None:
    shown = reader.source.argument()
    reader.source.argument()
    reader.source.push(shown)


def _xspace(reader: LatexReader, token: Token) -> None:
    """Adds a blank, unless punctuation or a blank follows."""
    following = reader.source.peek()
    if following is None:
        return
    is_word = following.kind == TEXT and (following.text[0].isalnum() or following.text[0] in "([`")
    is_command = following.kind == COMMAND and (following.text[0].isalpha() and not following.text.startswith("footnote"))
    if is_word or is_command or following.kind == MATH:
        reader.emit(" ")


def _character(reader: LatexReader, token: Token) -> None:
    """Adds the character of a code: decimal, octal, hexadecimal, or a letter behind a tick."""
    argument = source_of(reader.source.argument()) if token.text == "symbol" else ""
    if not argument:
        following = reader.source.next()
        if following is None:
            return
        if following.kind != TEXT or following.text[0] == "`":
            if following.kind == TEXT and following.text == "`":
                sign = reader.source.next()
                reader.emit(sign.text[:1] if sign is not None else "")
            elif following.kind == TEXT:
                reader.emit(following.text[1:2])
                reader.source.push([Token(TEXT, following.text[2:], following.text[2:])] if following.text[2:] else [])
            else:
                reader.source.push([following])
            return
        found = re.match(r"\"[0-9A-F]{1,6}|'[0-7]{1,6}|\d{1,6}", following.text)
        rest = following.text[found.end() :] if found is not None else following.text
        reader.source.push([Token(TEXT, rest, rest)] if rest else [])
        argument = found[0] if found is not None else ""
    digits = argument.strip()
    base = 16 if digits.startswith('"') else 8 if digits.startswith("'") else 10
    try:
        reader.emit(chr(int(digits.lstrip("\"'"), base)))
    except (ValueError, OverflowError):
        return


def _dingbat(reader: LatexReader, token: Token) -> None:
    """Adds a sign of Zapf Dingbats by its number."""
    number = source_of(reader.source.argument()).strip()
    code = int(number) if number.isdecimal() and len(number) < 4 else 0
    starts = ((182, 0x2776), (172, 0x2460), (168, 0x2663), (161, 0x2761), (33, 0x2701))
    reader.emit(next((chr(first + code - least) for least, first in starts if code >= least), ""))


def _quoted(reader: LatexReader, token: Token) -> None:
    reader.drop("s")
    reader.emit("“")
    reader.emit_runs(reader.line(reader.style))
    reader.emit("”")


def _lettrine(reader: LatexReader, token: Token) -> None:
    """Reads a large first letter and the word that it begins."""
    reader.drop("o")
    first, rest = reader.source.argument(), reader.source.argument()
    reader.source.push([*first, *rest])
