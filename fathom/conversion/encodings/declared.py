"""Reads which encoding a text names itself: HTML, XML, Python and texts with a line for editors."""

from __future__ import annotations

import codecs
import re

from fathom.conversion.encodings.code_pages import MULTI_BYTE, SINGLE_BYTE

DECLARED_WITHIN = 4096  # bytes from the start

_DECLARATION = re.compile(rb"""(?:charset|encoding|coding)\s*[=:]\s*["']?\s*([A-Za-z][\w.:-]{1,30})""", re.I)
# Names that are given where the page of Windows that holds them is meant.
_MEANT = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
    "cp950": "big5", "tis-620": "cp874", "iso8859-11": "cp874",
}  # fmt: skip
# The same for names that Python does not know, or takes for less than browsers do.
_WEB_NAMES = {
    "ks_c_5601-1987": "cp949", "windows-949": "cp949", "x-sjis": "cp932", "windows-31j": "cp932", "x-gbk": "gb18030",
    "x-x-big5": "big5hkscs", "cn-big5": "big5hkscs", "iso-8859-8-i": "iso8859-8", "iso-8859-8-e": "iso8859-8",
    "x-cp1250": "cp1250", "x-cp1251": "cp1251", "x-cp1252": "cp1252", "x-mac-cyrillic": "mac-cyrillic",
    "macintosh": "mac-roman", "windows-874": "cp874", "dos-874": "cp874", "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8", "ansi_x3.4-1968": "cp1252",
}  # fmt: skip
_WIDER = {**_MEANT, "iso8859-9": "cp1254", "euc_kr": "cp949", "big5": "big5hkscs", "cp950": "big5hkscs"}
_OURS = {codecs.lookup(page.codec).name: page.codec for page in (*SINGLE_BYTE, *MULTI_BYTE)}


def declared_codec(sample: bytes) -> str | None:
    """Returns the codec of the code pages in use that the text names, or None if it names none of them."""
    found = _DECLARATION.search(sample[:DECLARED_WITHIN])
    if found is None:
        return None
    try:
        named = codecs.lookup(found[1].decode("ascii").lower()).name
    except LookupError:
        return None
    return _OURS.get(codecs.lookup(_MEANT.get(named, named)).name)


def named_codec(sample: bytes) -> str | None:
    """Returns Python's name of whatever encoding the text names itself, or None if it names none."""
    found = _DECLARATION.search(sample[:DECLARED_WITHIN])
    return meant_codec(found[1].decode("ascii")) if found else None


def meant_codec(name: str) -> str | None:
    """Returns Python's name of the codec that browsers take for an encoding of this name; None if there is no such codec."""
    label = name.strip("\"' \t\r\n").lower()
    try:
        known = codecs.lookup(_WEB_NAMES.get(label, label)).name
        return codecs.lookup(_WIDER.get(known, known)).name
    except (LookupError, ValueError):
        return None
