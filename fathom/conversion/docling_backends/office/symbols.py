"""Translates characters of symbol fonts (Symbol, Wingdings, Webdings) into the Unicode characters they show.

Docling 2.142.1 drops `w:sym`; not needed once docling reads it with its font.
"""

from __future__ import annotations

from typing import Final

# Symbol fonts place glyphs at ASCII and Latin-1 codes; Word writes them in the private use area, offset by 0xF000.
PRIVATE_USE: Final = 0xF000
_FIRST: Final = 0x20
_NONE: Final = "\0"

_SYMBOL: Final = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"
    + _NONE * 33
    + "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪\0〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭"
)
_WINGDINGS: Final = (
    " ✏✂✁👓🔔📖🕯☎✆✉🖃📪📫📬📭📁📂📄🗏🗐🗄⌛⌨🖰🖲💻🖴💾🖬✇✍🖎✌👌👍👎☜☞☝☟🖐☺😐☹💣☠🏳🏱✈☼💧❄🕆✞🕈✠✡☪☯ॐ☸♈♉♊♋♌♍♎♏♐♑♒♓🙰🙵"
    "●❍■□🞐❑❒⬧⧫◆❖⬥⌧⮹⌘🏵🏶“”\0⓪①②③④⑤⑥⑦⑧⑨⑩⓿❶❷❸❹❺❻❼❽❾❿🙢🙠🙡🙣🙞🙜🙝🙟·•▪○🞆🞈◉◎🔿▪◻🟂✦★✶✴✹✵⯐⌖⟡⌑⯑✪✰"
    "🕐🕑🕒🕓🕔🕕🕖🕗🕘🕙🕚🕛⮰⮱⮲⮳⮴⮵⮶⮷🙪🙫🙕🙔🙗🙖🙐🙑🙒🙓⌫⌦⮘➢⮙⮛⮈⮊⮉⮋←→↑↓↖↗↙↘←➔↑↓↖↗↙↘⇦⇨⇧⇩⬄⇳⬀⬁⬃⬂▭▫✗✓☒☑"
)
_WINGDINGS_2: Final = " 🖊🖋🖌🖍✄✀🕾🕽🗅🗆🗇🗈🗉🗊🗋🗌🗍📋🗑🗔🖵🖶🖷🖸🖭🖯🖱🖒🖓🖘🖙🖚🖛👈👉🖜🖝🖞🖟🖠🖡👆👇🖢🖣🖑✗✓☒☑☒☒⮾⮿🛇⦸🙱🙴🙲🙳‽🙹🙺🙻🙦🙤🙥🙧🙚🙘🙙🙛⓪①②③④⑤⑥⑦⑧⑨⑩⓿❶❷❸❹❺❻❼❽❾❿"
_WINGDINGS_3: Final = " ←→↑↓↖↗↙↘←→↑↓⭶⭸⭻⭽↔↕" + _NONE * 61 + "▲▼△▽◀▶◁▷◣◢◤◥"
_WEBDINGS: Final = dict(zip("3456arn", "◀▶▲▼✔✖●", strict=True))

_TABLES: Final[dict[str, dict[str, str]]] = {
    font: {chr(_FIRST + index): shown for index, shown in enumerate(table) if shown != _NONE}
    for font, table in (
        ("symbol", _SYMBOL),
        ("wingdings", _WINGDINGS),
        ("wingdings 2", _WINGDINGS_2),
        ("wingdings 3", _WINGDINGS_3),
    )
} | {"webdings": _WEBDINGS}
_ALIASES: Final = {"symbol mt": "symbol", "opensymbol": "wingdings", "starsymbol": "wingdings", "standard symbols l": "symbol"}


def is_symbol_font(font: str) -> bool:
    """Returns whether the font is a symbol font."""
    return _ALIASES.get(font.strip().casefold(), font.strip().casefold()) in _TABLES


def symbol_text(font: str, text: str) -> str:
    """Returns the characters as displayed in this font; characters without a glyph in it are unchanged.

    A code of the private use area whose font is not known becomes its ASCII or Latin-1 character.
    """
    table = _TABLES.get(_ALIASES.get(font.strip().casefold(), font.strip().casefold()))
    return "".join(_shown(table, sign) for sign in text)


def symbol_character(font: str, code: str) -> str:
    """Returns the character of `w:sym`, whose code is hexadecimal; empty if it is no code."""
    try:
        return symbol_text(font, chr(int(code, 16)))
    except (ValueError, OverflowError):
        return ""


def _shown(table: dict[str, str] | None, sign: str) -> str:
    place = ord(sign)
    if PRIVATE_USE + _FIRST <= place <= PRIVATE_USE + 0xFF:
        sign = chr(place - PRIVATE_USE)
    return sign if table is None else table.get(sign, sign)
