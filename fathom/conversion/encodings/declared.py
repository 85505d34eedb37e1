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
