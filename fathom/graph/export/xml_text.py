"""Text in XML 1.0: escapes its syntax, and reversibly the characters that XML does not have.

A character that XML does not have is `_x0000_` with its code, as in the files of office programs; text that begins like this
has its first `_` escaped as `_x005F_`.
"""

from __future__ import annotations

import re

_SYNTAX = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_CONTENT = str.maketrans(_SYNTAX)
_ATTRIBUTE = str.maketrans({**_SYNTAX, '"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
_ESCAPED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4})")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


def element_text(text: str) -> str:
    """Returns the text as the content of an element."""
    return escape_characters(text).translate(_CONTENT)


def attribute_text(text: str) -> str:
    """Returns the text as the value of an attribute, without quotes."""
    return escape_characters(text).translate(_ATTRIBUTE)


def escape_characters(text: str) -> str:
    """Returns the text with escapes for all characters that XML does not have."""
    return _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def unescape_characters(text: str) -> str:
    """Returns the text of which `escape_characters` returned this."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
