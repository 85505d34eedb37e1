"""The words of a LaTeX document's text, without commands, formulas and drawings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from fathom.conversion.quality.source_words.blocks import SourceBlock
from fathom.conversion.quality.source_words.text_source import without

_COMMENT = re.compile(r"(?<!\\)%.*")
_BEGIN, _END = r"\begin{document}", r"\end{document}"
# Formulas and drawings are shown otherwise, what is kept for machines not at all.
_LEFT_OUT = re.compile(
    r"\\begin\{(equation|align|eqnarray|gather|multline|displaymath|math|tikzpicture|picture|filecontents|comment|algorithm"
    r"|algorithmic|array|pspicture|gnuplot|asy|subequations|split|alignat|flalign)(\*?)\}"
)
_COMMANDS = re.compile(
    r"\\(?:cite\w*|ref|eqref|pageref|autoref|cref|Cref|label|includegraphics|input|include|usepackage|bibliography\w*|pagestyle"
    r"|thispagestyle|vspace|hspace|setlength|addtolength|newcommand|renewcommand|def|newtheorem|setcounter|addtocounter|index"
    r"|hypersetup|graphicspath|definecolor|color|textcolor|fontsize|selectfont|rule|cline|cmidrule|multicolumn|multirow"
    r"|newenvironment|DeclareMathOperator|hyphenation|specialrule|shorttitle|shortauthors|resizebox|scalebox|begin|end|documentclass|url|href|bibitem|hbox|vbox"
    r"|let|newlength|providecommand|lstset|tikzset|usetikzlibrary|geometry|special|write|openin|date|author|thanks|affil|email)"
    r"(?![A-Za-z@])\*?(?:\s*(?:\[[^\]]{0,300}\]|\([^)]{0,60}\)|\{(?:[^{}]|\{[^{}]{0,100}\}){0,300}\})){0,4}"
)
_DEFINITIONS = re.compile(
    r"\\(?:def|edef|gdef|let|newcommand|renewcommand|providecommand|setlength|addtolength|newlength|DeclareMathOperator)\*?"
    r"\s*\{?\\[A-Za-z@]+\}?(?:#\d|\[[^\]]{0,60}\]){0,9}\s*=?\s*(?:\{(?:[^{}]|\{(?:[^{}]|\{[^{}]{0,300}\}){0,300}\}){0,300}\}|\\[A-Za-z@]+)?"
)
_ACCENT = re.compile(r"""\\(["'`^~=.]|[uvHckr](?![A-Za-z]))\s*(?:\{\s*\\?([A-Za-z])\s*\}|\\?([A-Za-z]))""")
_MARKS = "\u0308\u0301\u0300\u0302\u0303\u0304\u0307\u0306\u030c\u030b\u0327\u0328\u030a"
_ACCENTS = dict(zip("\"'`^~=.uvHckr", _MARKS, strict=True))
_LETTERS = {
    "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "ss": "ß", "l": "ł", "L": "Ł",
    "i": "i", "j": "j",
}  # fmt: skip
_LETTER = re.compile(r"\\(ae|AE|oe|OE|aa|AA|ss|[oOlLij])(?![A-Za-z])(?:\{\}| )?")
_MATH = re.compile(r"(?<!\\)\$\$[^$]{0,5000}\$\$|(?<!\\)\$(?:[^$\\]|\\.){0,2000}\$|\\\[.{0,5000}?\\\]|\\\(.{0,2000}?\\\)", re.S)
_COMMAND = re.compile(
    r"\\captionof\*?\s*\{[a-z]+\}|\\[A-Za-z@]+\*?(?:\s*\[[^\]\n]{0,100}\]|\s*=\s*-?[\d.]+\s*(?:pt|em|ex|cm|mm|in)?)?|\\."
)
_TITLE = re.compile(
    r"\\(?:title|author|date)\s*(?:\[[^\]]{0,300}\]\s*)?\{((?:[^{}]|\{(?:[^{}]|\{[^{}]{0,300}\}){0,300}\}){0,1000})\}"
)
_BETWEEN_NAMES = re.compile(r"\\(?:and|And|AND|\\)(?![A-Za-z])")
_BIBLIOGRAPHY = re.compile(r"\\begin\{thebibliography\}\s*(?:\{[^{}]{0,60}\})?")
# Space after a row, and names of parts of an address.
_SPACING = re.compile(r"^\s*\[-?[\d.]+\s*(?:pt|em|ex|cm|mm|in)\]")
_KEY = re.compile(r"\b(?:organization|addressline|city|postcode|state|country|type|role)\s*=")
_CELL = re.compile(r"(?<!\\)&|\\\\")


def latex_blocks(text: str) -> Iterator[SourceBlock]:
    """Yields the lines of the document's body, those of tables cell by cell."""
    text = without("\n".join(_COMMENT.sub("", line) for line in text.splitlines()), r"\iffalse", r"\fi")
    start = text.find(_BEGIN)
    end = text.find(_END, start + 1)
    for found in _TITLE.finditer(text, 0, max(0, start)):
        for part in _BETWEEN_NAMES.split(found[1]):
            yield from _said(part, "title", group="title and authors")
    text = text[start + len(_BEGIN) if start >= 0 else 0 : end if end >= 0 else len(text)]
    for where, part in zip(("body", "bibliography"), _BIBLIOGRAPHY.split(text, maxsplit=1), strict=False):
        yield from _said(part, where, group="" if where == "body" else where)


def _said(text: str, where: str, group: str = "") -> Iterator[SourceBlock]:
    text = _MATH.sub(" ", _without_environments(text))
    text = _LETTER.sub(lambda found: _LETTERS[found[1]], _ACCENT.sub(_accented, _DEFINITIONS.sub(" ", text)))
    text = _COMMANDS.sub(" ", text)
    for number, line in enumerate(text.splitlines(), start=1):
        for cell in _CELL.split(line):
            said = _KEY.sub("", _COMMAND.sub(" ", _SPACING.sub("", cell))).replace("{", "").replace("}", "").replace("~", " ")
            if said.strip():
                yield SourceBlock(said, f"line {number} of the {where}", group=group)


def _accented(found: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", (found[2] or found[3]) + _ACCENTS[found[1]])


def _without_environments(text: str) -> str:
    kept: list[str] = []
    at = 0
    while (found := _LEFT_OUT.search(text, at)) is not None:
        closing = rf"\end{{{found[1]}{found[2]}}}"
        end = text.find(closing, found.end())
        if end < 0:
            break
        kept += [text[at : found.start()], "\n" * text.count("\n", found.start(), end)]
        at = end + len(closing)
    return "".join([*kept, text[at:]])
