"""Lists the encodings that files come in, with the languages written in them and how seldom they are."""

from __future__ import annotations

from dataclasses import dataclass

_WESTERN = ("en", "fr", "de", "es", "pt", "it", "nl", "sv", "da", "nb", "fi", "is", "ca", "ga", "sq")
_CENTRAL = ("pl", "cs", "sk", "hu", "ro", "hr", "sl", "sq", "de")
_BALTIC = ("lt", "lv", "et")
_CYRILLIC = ("ru", "uk", "bg", "sr", "mk", "be")


@dataclass(frozen=True)
class CodePage:
    """A codec of Python; `rarity` is in bits: how much likelier than in the commonest its text has to be."""

    codec: str
    languages: tuple[str, ...]
    rarity: float


# Windows' pages first: nearly all 8-bit files of today are in them. Those of DOS and of old Macs need strong evidence.
SINGLE_BYTE = (
    CodePage("cp1252", _WESTERN, 0),
    CodePage("cp1250", _CENTRAL, 2),
    CodePage("cp1251", _CYRILLIC, 2),
    CodePage("cp1253", ("el",), 2),
    CodePage("cp1254", ("tr",), 3),
    CodePage("cp1255", ("he",), 3),
    CodePage("cp1256", ("ar", "fa"), 3),
    CodePage("cp1257", _BALTIC, 3),
    CodePage("cp874", ("th",), 3),
    CodePage("koi8-r", ("ru", "bg"), 3),
    CodePage("koi8-u", ("uk", "be"), 4),
    CodePage("iso-8859-2", _CENTRAL, 4),
    CodePage("iso-8859-15", _WESTERN, 6),
    CodePage("iso-8859-5", _CYRILLIC, 6),
    CodePage("iso-8859-6", ("ar",), 6),
    CodePage("iso-8859-7", ("el",), 5),
    CodePage("iso-8859-8", ("he",), 6),
    CodePage("iso-8859-9", ("tr",), 5),
    CodePage("iso-8859-13", _BALTIC, 6),
    CodePage("cp866", ("ru", "bg", "be"), 6),
    CodePage("mac-roman", _WESTERN, 10),
    CodePage("cp850", _WESTERN, 10),
    CodePage("cp852", _CENTRAL, 12),
    CodePage("cp437", _WESTERN, 12),
    CodePage("mac-cyrillic", _CYRILLIC, 12),
)
MULTI_BYTE = (
    CodePage("cp932", ("ja",), 3),  # Windows' Shift-JIS
    CodePage("euc_jp", ("ja",), 4),
    CodePage("gb18030", ("zh",), 3),
    CodePage("big5", ("zh",), 4),
    CodePage("cp949", ("ko",), 3),  # Windows' EUC-KR
)
