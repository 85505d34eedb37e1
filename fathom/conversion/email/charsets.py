"""Decodes the text of a mail part, also if its declared encoding is missing or wrong."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from email.message import Message

from fathom.conversion.encodings.declared import meant_codec
from fathom.conversion.encodings.likelihood import likeliest_codec

# Every byte sequence is valid in these encodings, so successful decoding proves nothing.
_TAKE_ANYTHING = frozenset({"cp1252", "iso8859-15", "cp1254", "cp1250", "cp1251", "koi8-r"})
_META = re.compile(rb"""<meta[^>]{0,300}?\bcharset\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_BASE64 = re.compile(r"\s*(?:[A-Za-z0-9+/]+={0,2}[ \t]*(?:\r?\n|\Z))+")
_FOOTER = re.compile(r"\s*(?:\r?\n\s*)?(?:[-_=*]{2,}|[A-Za-z]+ )")
_HTML_HEAD = 4096  # bytes searched for a page's encoding declaration
MAX_BROKEN_SHARE = 0.02


def text_of(part: Message[str, str]) -> str:
    """Returns the decoded text of the part, line ends as `\\n`; invalid bytes become replacement characters."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    data, behind = _without_footer(part, data)
    text = decode_bytes(data, _declared(part, data)) + behind
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _without_footer(part: Message[str, str], data: bytes) -> tuple[bytes, str]:
    """Returns the bytes of a part in base64, and the plain text that some list has written behind them."""
    raw = part.get_payload()
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64" or not isinstance(raw, str):
        return data, ""
    found = _BASE64.match(raw)
    rest = raw[found.end() :] if found else ""
    if found is None or not rest.strip() or not _FOOTER.match(rest):
        return data, ""
    try:
        return base64.b64decode(found[0]), "\n\n" + decode_bytes(rest.encode("utf-8", "surrogateescape"), None)
    except (binascii.Error, ValueError):
        return data, ""


def decode_bytes(data: bytes, declared: str | None) -> str:
    """Decodes the bytes with the declared encoding if valid, else as UTF-8 if valid, else in the likeliest legacy encoding."""
    if data.startswith(codecs.BOM_UTF8):
        return data.decode("utf-8-sig", errors="replace")
    codec = _codec(declared)
    if codec in _TAKE_ANYTHING and not data.isascii() and (text := _strictly(data, "utf-8")) is not None:
        return text
    for name in (codec, "utf-8"):
        if name is not None and (text := _strictly(data, name)) is not None:
            return text
    if codec is not None:
        broken = data.decode(codec, errors="replace")
        if broken.count("\ufffd") <= max(1, MAX_BROKEN_SHARE * len(broken)):
            return broken
    return data.decode(_guess_encoding(data), errors="replace")


def _declared(part: Message[str, str], data: bytes) -> str | None:
    try:
        named = part.get_content_charset()
    except (LookupError, ValueError, TypeError, AttributeError):
        named = None
    if named is None and part.get_content_subtype() == "html" and (found := _META.search(data[:_HTML_HEAD])):
        named = found[1].decode("ascii")
    return named


def _codec(declared: str | None) -> str | None:
    if not declared:
        return None
    codec = meant_codec(declared)
    # a mail that declares nothing else is in ASCII, whatever bytes it contains
    return "utf-8" if codec == "cp1252" and "ascii" in declared.lower() else codec


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _guess_encoding(data: bytes) -> str:
    return likeliest_codec(data[:65536]) or "cp1252"
