"""Maps LaTeX commands to signs: accented letters, symbols, dashes and quotation marks."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from pylatexenc.latex2text import get_default_latex_context_db

ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307", "u": "\u0306",
    "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "b": "\u0331", "d": "\u0323", "r": "\u030a", "t": "\u0361",
    "G": "\u030f", "U": "\u030e", "f": "\u0311",
}  # fmt: skip
_MORE = {
    "%": "%", "S": "§", "P": "¶", "copyright": "©", "pounds": "£", "euro": "€", "EUR": "€", "texttrademark": "™", "TeX": "TeX",
    "LaTeX": "LaTeX", "LaTeXe": "LaTeX2e", "BibTeX": "BibTeX", "XeTeX": "XeTeX", "LuaTeX": "LuaTeX", "pdfTeX": "pdfTeX",
    "textellipsis": "…", "textasciigrave": "`", "textquotesingle": "'", "textquotedbl": '"', "textunderscore": "_",
    "textbar": "|", "textless": "<", "textgreater": ">", "textbraceleft": "{", "textbraceright": "}", "lbrace": "{",
    "rbrace": "}", "textdollar": "$", "textbullet": "•", "ddag": "‡", "ddagger": "‡", "textdagger": "†", "textdaggerdbl": "‡",
    "textasteriskcentered": "*", "checkmark": "✓", "cmark": "✓", "xmark": "✗", "degree": "°", "textohm": "Ω",
    "textcelsius": "℃", "textnumero": "№", "textleftarrow": "←", "textrightarrow": "→", "textuparrow": "↑",
    "textdownarrow": "↓", "SS": "SS", "quotedblbase": "„", "glqq": "„", "grqq": "“", "glq": "‚", "grq": "‘", "flqq": "«",
    "frqq": "»", "flq": "‹", "frq": "›", "guilsinglleft": "‹", "guilsinglright": "›", "og": "« ", "fg": " »", "lq": "‘",
    "rq": "’", "slash": "/", "colon": ":", "dh": "ð", "textmusicalnote": "♪", "textmho": "℧", "textestimated": "℮",
    "textpertenthousand": "‱", "textperthousand": "‰", "permil": "‰", "textasciitilde": "~", "textasciicircum": "^",
    "textvisiblespace": "␣", "aa": "å", "AA": "Å", "circ": "∘", "cdotp": "·", "lt": "<", "gt": ">", "smiley": "☺", "Box": "□",
    "square": "□", "blacksquare": "■", "qed": "∎", "hslash": "ħ", "tm": "™", "nobreakdash": "", "textopenbullet": "◦",
    "textzwnj": "", "dotfill": " … ", "hrulefill": " ", "ordinal": "º", "No": "№", "primo": "1º", "ier": "er", "ieme": "e",
    "ast": "*", "sim": "~", "star": "⋆", "mid": "|", "vert": "|", "Vert": "‖", "leq": "≤", "geq": "≥", "le": "≤", "ge": "≥",
    "-": "", "/": "", "!": "", "@": "", ",": " ", ";": " ", ":": " ", ">": " ", " ": " ", "quad": " ", "qquad": " ",
    "enspace": " ", "enskip": " ", "thinspace": " ", "medspace": " ", "thickspace": " ", "negthinspace": "", "space": " ",
    "nobreakspace": " ", "hfill": " ", "hfil": " ", "hss": " ", "textsuperscript": "", "backslash": "\\",
}  # fmt: skip
_LIGATURES = re.compile(r"-{2,3}|``|''|[!?]`|,,|`")
_LIGATED = {"--": "–", "---": "—", "``": "“", "''": "”", "!`": "¡", "?`": "¿", ",,": "„", "`": "‘"}
_SINGLE_QUOTED = re.compile(r"(?<!`)`([^`']{1,100})'(?!')")
_GERMAN = re.compile(r"\"([aouAOUesSzZ`'<>=~|-])")
_GERMAN_SIGNS = {
    "a": "ä", "o": "ö", "u": "ü", "A": "Ä", "O": "Ö", "U": "Ü", "e": "ë", "s": "ß", "z": "ß", "S": "SS", "Z": "SZ", "`": "„",
    "'": "“", "<": "«", ">": "»", "=": "-", "~": "-", "|": "", "-": "",
}  # fmt: skip


@cache
def symbols() -> dict[str, str]:
    """Returns the signs of commands by name."""
    found: dict[str, str] = {}
    database = get_default_latex_context_db()
    for category in reversed(database.categories()):
        for name, spec in database.d[category]["macros"].items():
            sign = spec.simplify_repl
            if isinstance(sign, str) and "%" not in sign and "<" not in sign:
                found[name] = sign
    return {**found, **_MORE}


def add_accent(command: str, base: str) -> str:
    """Returns the letters with the command's accent on the first letter."""
    base = base.replace("ı", "i").replace("ȷ", "j")
    if not base.strip():
        spacing = {"^": "^", "~": "~", '"': "¨", "'": "´", "`": "`", "c": "¸"}
        return spacing.get(command, "")
    return unicodedata.normalize("NFC", base[0] + ACCENTS[command] + base[1:])


def apply_ligatures(text: str, *, german: bool = False) -> str:
    """Returns the text with hyphens and ticks replaced by dashes and quotation marks, as in LaTeX."""
    if german and '"' in text:
        text = _GERMAN.sub(lambda found: _GERMAN_SIGNS[found[1]], text)
    text = _SINGLE_QUOTED.sub(r"‘\1’", text)
    return _LIGATURES.sub(lambda found: _LIGATED[found[0]], text)
