"""Decodes the text of a mail part, also if its declared encoding is missing or wrong."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from dataclasses import dataclass
from email.message import Message
from typing import Final

from fathom.conversion.encodings.declared import meant_codec
from fathom.conversion.encodings.likelihood import likeliest_codec
from fathom.errors.fallback_chain import FallbackChain, Strategy

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


@dataclass(frozen=True)
class EncodedText:
    """The bytes of a text, and the codec of its declared encoding, if known."""

    data: bytes
    codec: str | None


def decode_bytes(data: bytes, declared: str | None) -> str:
    """Decodes the bytes with the declared encoding if valid, else as UTF-8 if valid, else in the likeliest legacy encoding."""
    return DECODING.run(EncodedText(data, _codec(declared))).value


def _by_mark(text: EncodedText) -> str:
    if not text.data.startswith(codecs.BOM_UTF8):
        raise UnicodeError("There is no byte order mark.")
    return text.data.decode("utf-8-sig", errors="replace")


def _in_utf8_all_the_same(text: EncodedText) -> str:
    if text.codec not in _TAKE_ANYTHING or text.data.isascii():
        raise UnicodeError("The declared encoding is tried first.")
    return text.data.decode("utf-8")


def _as_declared(text: EncodedText) -> str:
    if text.codec is None:
        raise UnicodeError("No known encoding is declared.")
    return text.data.decode(text.codec)


def _nearly_as_declared(text: EncodedText) -> str:
    if text.codec is None:
        raise UnicodeError("No known encoding is declared.")
    broken = text.data.decode(text.codec, errors="replace")
    if broken.count("\ufffd") > max(1, MAX_BROKEN_SHARE * len(broken)):
        raise UnicodeError("Too many bytes are invalid.")
    return broken


DECODING: Final[FallbackChain[EncodedText, str]] = FallbackChain(
    (
        Strategy("byte order mark", _by_mark),
        Strategy("UTF-8 where the declared encoding takes any byte", _in_utf8_all_the_same),
        Strategy("declared encoding", _as_declared),
        Strategy("UTF-8", lambda text: text.data.decode("utf-8")),
        Strategy("declared encoding with few invalid bytes", _nearly_as_declared),
        Strategy("likeliest encoding", lambda text: text.data.decode(_guess_encoding(text.data), errors="replace")),
    ),
    catches=(UnicodeError, LookupError),
)


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


def _guess_encoding(data: bytes) -> str:
    return likeliest_codec(data[:65536]) or "cp1252"
