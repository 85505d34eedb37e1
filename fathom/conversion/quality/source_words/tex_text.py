"""Takes the text out of LaTeX: commands of the author are written out, those that put nothing on the page are left out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from fathom.conversion.docling_backends.latex.commands.ignored_arguments import ignored_arguments

# Parts cells and rows of tables in the text that comes out.
CELL_END = "\x1f"
MAX_DEPTH = 12
# Characters that the author's commands may add, as a share of the text, and at least.
MAX_GROWTH = 2
MIN_GROWTH = 100_000

_NEXT = re.compile(r"\\(?:[A-Za-z@]+\*?|.|$)|[~&]", re.S)
_NAME = re.compile(r"\\([A-Za-z]+)")
_WORD = re.compile(r"\s*\\([A-Za-z@]+|.)")
_PARAMETERS = re.compile(r"((?:\s*#\d)*)\s*(?=\{)")
_SPACING = re.compile(r"\*?(?:[ \t]*\[\s*-?[\d.]+\s*[a-z\\]+\s*\])?")
_LENGTH = re.compile(r"\s*=\s*-?[\d.]+\s*(?:(?:pt|em|ex|cm|mm|in|bp)\b)?|\s*-?[\d.]+\s*(?:pt|em|ex|cm|mm|in|bp)\b")
_BLANKS = re.compile(r"\s*")
_PARAMETER = re.compile(r"#([1-9])")
_ACCENTS = dict(
    zip(
        "\"'`^~=.uvHckrdb",
        "\u0308\u0301\u0300\u0302\u0303\u0304\u0307\u0306\u030c\u030b\u0327\u0328\u030a\u0323\u0331",
        strict=True,
    )
)
_LETTERS = {
    "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "ss": "ß", "l": "ł", "L": "Ł",
    "i": "ı", "j": "ȷ",
}  # fmt: skip
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi "
    "varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
GREEK = dict(zip(_GREEK_NAMES.split(), "αβγδεεζηθθικλμνξπρστυφφχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True))
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
_DRAWN = frozenset({"tikzpicture", "picture", "pspicture", "gnuplot", "asy", "filecontents", "comment", "axis", "CCSXML"})
_VERBATIM = frozenset({"verbatim", "Verbatim", "lstlisting", "minted", "alltt", "BVerbatim", "semiverbatim"})
_RAW = frozenset({"verb", "lstinline", "mintinline"})
# Arguments of environments that put nothing on the page, as of commands; of others the text in brackets is shown.
_ENVIRONMENTS = {
    "tabular": "od", "tabular*": "dod", "tabularx": "dod", "tabulary": "dod", "longtable": "od", "tabu": "od", "array": "od",
    "supertabular": "od", "xltabular": "dod", "tblr": "od", "longtblr": "od", "minipage": "oood", "multicols": "d",
    "multicols*": "d", "adjustbox": "d", "wrapfigure": "odod", "wraptable": "odod", "figure": "o", "table": "o",
    "figure*": "o", "table*": "o", "algorithm": "o", "algorithmic": "o", "thebibliography": "d", "enumerate": "o",
    "itemize": "o", "description": "o", "list": "dd", "spacing": "d", "adjustwidth": "dd", "subfigure": "od", "subtable": "od",
    "landscape": "", "frame": "o", "deluxetable": "odo", "deluxetable*": "odo",
    "columns": "o", "column": "od", "IEEEbiography": "o", "alignat": "d", "alignat*": "d", "otherlanguage": "d",
    "sidewaystable": "o", "sidewaysfigure": "o", "threeparttable": "o", "tablenotes": "o", "lstlisting": "o", "minted": "od",
    "Verbatim": "o", "aligned": "o", "gathered": "o", "acronym": "o", "CJK": "dd", "CJK*": "dd", "restatable": "odd",
}  # fmt: skip
_COMMANDS = {
    "multicolumn": "dd", "multirow": "odood", "multirowcell": "od", "href": "od", "input": "d", "include": "d", "subfile": "d",
    "bibliography": "d", "addbibresource": "od", "bibitem": "od", "captionof": "sd", "includegraphics": "sod",
    "cmidrule": "opd",
    "import": "dd", "newif": "", "newtheorem": "sdodo", "newcounter": "do", "setcounter": "dd", "addtocounter": "dd",
    "lstinputlisting": "od", "includepdf": "od", "newenvironment": "doodd", "renewenvironment": "doodd", "orcid": "d",
    "specialrule": "ddd", "gls": "od", "Gls": "od", "glspl": "od", "acrshort": "od", "acrlong": "od", "acrfull": "od",
    "ac": "d", "acs": "d", "acl": "d", "acf": "d", "newacronym": "oddd", "vspace": "sd", "hspace": "sd", "corref": "d",
    "fnref": "d", "titlenote": "d", "hyperref": "o", "section": "so", "subsection": "so", "subsubsection": "so",
    "chapter": "so",
    "caption": "so", "footnote": "o", "footnotemark": "o", "footnotetext": "o", "SI": "", "qty": "", "si": "d", "unit": "d",
    "texorpdfstring": "", "hfill": "", "newblock": "", "tag": "s", "nolinkurl": "", "ding": "d", "char": "", "symbol": "d",
    "frac": "", "sqrt": "", "Cref": "", "cref": "", "ref": "", "item": "", "title": "o",
    "mathchoice": "ddd", "bgroup": "", "acro": "dod", "acrodef": "dod", "DeclareAcronym": "dd", "newglossaryentry": "dd",
    "longnewglossaryentry": "ddd", "fbox": "", "usetheme": "od", "smash": "o", "raisebox": "doo", "inst": "", "fontsize": "dd",
    "verbatiminput": "d", "externaldocument": "od", "newcites": "dd", "settopmatter": "d", "thanksref": "d",
    "tablecolumns": "d", "tablewidth": "d", "tabletypesize": "d", "tablenum": "d",
}  # fmt: skip
_SHOWN_IN_BRACKETS = re.compile(r"cite|Cite|item$|textquote|enquote")
_DEFINES = frozenset({"newcommand", "renewcommand", "providecommand", "DeclareRobustCommand", "DeclareMathOperator"})


@dataclass(slots=True)
class _Macro:
    """An author's command: its number of arguments, the default of an optional first argument, and its replacement."""

    count: int
    default: str | None
    body: str


@dataclass(slots=True)
class TexText:
    """Reads LaTeX without comments; `growth`: characters that commands of the author may still add."""

    macros: dict[str, _Macro] = field(default_factory=dict[str, _Macro])
    growth: int = 0

    def read(self, text: str) -> str:
        """Returns the text with a line's end for each of the source, and `CELL_END` where a cell or row ends."""
        self.growth = max(MIN_GROWTH, MAX_GROWTH * len(text))
        return self._read(text, 0)

    def _read(self, text: str, depth: int) -> str:
        said: list[str] = []
        at = 0
        while (found := _NEXT.search(text, at)) is not None:
            said.append(text[at : found.start()])
            at = found.end()
            sign = found[0]
            if sign == "~":
                said.append(" ")
            elif sign == "&":
                said.append(CELL_END)
            elif sign[0] == "\\":
                shown, end = self._command(text, sign[1:], at, depth)
                said += [shown, "\n" * (text.count("\n", at, end) - shown.count("\n"))] if end > at else [shown]
                at = end
        return "".join([*said, text[at:]])

    def _command(self, text: str, name: str, at: int, depth: int) -> tuple[str, int]:
        """Returns the text that a command shows, and where the text goes on."""
        macro = self.macros.get(name)
        if macro is not None and depth < MAX_DEPTH and self.growth > 0:
            body, at = self._written_out(text, at, macro)
            return self._read(body, depth + 1), at
        plain = name.rstrip("*") or name
        if name == "\\":
            return CELL_END, _end(_SPACING, text, at)
        if not name[:1].isalpha() and name[:1] != "@":
            if name in _ACCENTS:
                return self._accented(text, name, at, depth)
            return ("" if name in ("-", "/", "(", ")") else " " if not name.strip() or name in ",;:!@" else name), at
        if plain in _DEFINES or plain in ("def", "gdef", "edef", "xdef", "let"):
            return " ", self._defined(text, plain, at)
        if plain == "begin":
            return self._begun(text, at)
        if plain == "end":
            return CELL_END, _argument(text, at)[1]
        if plain == "csname":
            end = text.find("\\endcsname", at)
            return "", end + len("\\endcsname") if end >= 0 else at
        if plain in _RAW:
            return _raw(text, plain, at)
        if plain in _ACCENTS:
            return self._accented(text, plain, at, depth)
        if plain in _LETTERS:
            return _LETTERS[plain], at + len(text[at : at + 3]) - len(text[at : at + 3].removeprefix("{}").removeprefix(" "))
        if plain in GREEK:
            return GREEK[plain], at
        if plain == "ion":
            element, at = _argument(text, at)
            degree, at = _argument(text, at)
            return f"{element} {_ROMAN[int(degree) - 1] if degree in '123456789' and degree else degree}", at
        arguments = _COMMANDS.get(plain, ignored_arguments().get(plain) if plain not in _COMMANDS else None)
        if arguments is not None:
            return " ", _skipped(text, at, arguments)
        if text[at : at + 1] == "[" and not _SHOWN_IN_BRACKETS.search(plain):
            at = _optional(text, at)[1]
        return "" if plain in ("textbf", "textit", "emph", "texttt", "textsc") else " ", _end(_LENGTH, text, at)

    def _written_out(self, text: str, at: int, macro: _Macro) -> tuple[str, int]:
        values: list[str] = []
        if macro.default is not None:
            given, at = _optional(text, _end(_BLANKS, text, at))
            values.append(macro.default if given is None else given)
        while len(values) < macro.count:
            value, at = _argument(text, at)
            values.append(value)
        body = _PARAMETER.sub(lambda match: values[int(match[1]) - 1] if int(match[1]) <= len(values) else "", macro.body)
        self.growth -= len(body)
        return body, at

    def _accented(self, text: str, name: str, at: int, depth: int) -> tuple[str, int]:
        letter, end = _argument(text, at)
        letter = {"\\i": "i", "\\j": "j"}.get(letter.strip(), self._read(letter, depth + 1) if depth < MAX_DEPTH else "")
        return unicodedata.normalize("NFC", letter[:1] + _ACCENTS[name] + letter[1:]) if letter else "", end

    def _defined(self, text: str, name: str, at: int) -> int:
        """Takes note of a command of the author; returns where its definition ends."""
        at += text[at : at + 1] == "*"
        braced = text[_end(_BLANKS, text, at) :][:1] == "{"
        word, end = _argument(text, at) if braced else ("", at)
        found = _WORD.match(word if braced else text, 0 if braced else at)
        if found is None:
            return end
        command = found[1]
        end = end if braced else found.end()
        if name == "let":
            return _end(re.compile(r"\s*=?\s*(?:\\(?:[A-Za-z@]+|.)|\S)"), text, end)
        count, default = 0, None
        if name in _DEFINES and name != "DeclareMathOperator":
            given, end = _optional(text, end)
            count = int(given) if given is not None and given.strip().isdecimal() and len(given.strip()) == 1 else 0
            default, end = _optional(text, end)
        elif name != "DeclareMathOperator":
            parameters = _PARAMETERS.match(text, end)
            count, end = (parameters[1].count("#"), parameters.end()) if parameters is not None else (0, end)
        body, end = _argument(text, end)
        self.macros[command] = _Macro(count, default, body if f"\\{command}" not in body else "")
        return end

    def _begun(self, text: str, at: int) -> tuple[str, int]:
        name, at = _argument(text, at)
        plain = name.strip().rstrip("*")
        if plain in _DRAWN or plain in _VERBATIM:
            at = _skipped(text, at, _ENVIRONMENTS.get(plain, ""))
            end = text.find(f"\\end{{{name}}}", at)
            inner = text[at : end if end >= 0 else len(text)]
            after = at + len(inner) + (len(f"\\end{{{name}}}") if end >= 0 else 0)
            return (f"{CELL_END}{inner}{CELL_END}" if plain in _VERBATIM else CELL_END), after
        arguments = _ENVIRONMENTS.get(name.strip(), _ENVIRONMENTS.get(plain, ""))
        return CELL_END, _skipped(text, at, arguments)


def greek_letters(text: str) -> str:
    """Returns formulas with Greek letters for the names that TeX has for them, and a blank behind other names."""
    return _NAME.sub(lambda found: GREEK.get(found[1], f"{found[0]} "), text)


def _raw(text: str, name: str, at: int) -> tuple[str, int]:
    at = _skipped(text, at, "od" if name == "mintinline" else "o" if name == "lstinline" else "")
    mark = text[at : at + 1]
    end = text.find("}" if mark == "{" else mark, at + 1) if mark else -1
    return (text[at + 1 : end], end + 1) if end >= 0 else ("", at)


def _skipped(text: str, at: int, arguments: str) -> int:
    """Returns the place behind arguments: `s` a star, `o` in brackets, `p` in parentheses, `d` in braces."""
    for kind in arguments:
        if kind == "s":
            at += text[at : at + 1] == "*"
        elif kind == "d":
            at = _argument(text, at)[1]
        elif kind == "p":
            at = _optional(text, at, "(", ")")[1]
        else:
            at = _optional(text, at)[1]
    return at


def _optional(text: str, at: int, opening: str = "[", closing: str = "]") -> tuple[str | None, int]:
    start = _end(_BLANKS, text, at)
    if text[start : start + 1] != opening or "\n\n" in text[at:start]:
        return None, at
    depth = 0
    for place in range(start + 1, min(len(text), start + 3000)):
        sign = text[place]
        depth += (sign == "{") - (sign == "}")
        if sign == closing and depth <= 0:
            return text[start + 1 : place], place + 1
    return None, at


def _argument(text: str, at: int) -> tuple[str, int]:
    """Returns an argument without its braces, or a single sign or command, and the place behind it."""
    start = _end(_BLANKS, text, at)
    if text[start : start + 1] != "{":
        found = re.compile(r"\\(?:[A-Za-z@]+|.)|[^\s{}]").match(text, start)
        return (found[0], found.end()) if found is not None else ("", at)
    depth = 0
    for found in _BRACES.finditer(text, start):
        depth += (found[0] == "{") - (found[0] == "}")
        if depth == 0:
            return text[start + 1 : found.start()], found.end()
    return text[start + 1 :], len(text)


_BRACES = re.compile(r"\\.|[{}]", re.S)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found is not None else at
