"""Reads the headers of a mail as displayed: encoded words decoded at any position, 8-bit text as text.

Docling 2.142.1 loses non-ASCII letters, repeated subjects and invalid dates; not needed once it keeps them.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from datetime import UTC
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from fathom.conversion.email.charsets import decode_bytes

MAX_HEADER = 200_000  # characters of all headers of a name

_BEFORE_HEADERS = re.compile(rb"(?:[ \t]*\r?\n)*(?:>From [^\r\n]*\r?\n)?")
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:|From ")
_SPACED_COLON = re.compile(rb"^([!-9;-~]+)[ \t]+:")
_ENCODED = re.compile(r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_SPECIALS = re.compile(r'[()<>\[\]:;@\\,"]')
_NOBODY = re.compile(r"[^:@<>]*:\s*;?\s*")


def repair_headers(data: bytes) -> bytes:
    """Returns the mail with malformed first lines repaired as mail programs do.

    Blank lines and a line of a mail box before the headers, blanks before a header's colon and lines that are no header
    would otherwise turn the headers into text.
    """
    start = _BEFORE_HEADERS.match(data)
    end = _BLANK_LINE.search(data, start.end() if start else 0, MAX_HEADER)
    head = data[start.end() if start else 0 : end.start() if end else 0]
    if not _HEADER.match(head):
        return data
    lines = _LINE_END.split(head)
    kept = [_SPACED_COLON.sub(rb"\1:", line) for line in lines if line[:1] in (b" ", b"\t") or _HEADER.match(line)]
    if start is not None and not start.group() and kept == lines:
        return data
    return b"\n".join(kept) + data[end.start() if end else len(head) :]


def header_text(mail: Message[str, str], name: str) -> str:
    """Returns the first header of the name on a single line; empty if there is none."""
    values = _values(mail, name)
    return _single_line(decode_words(values[0])) if values else ""


def people_of(mail: Message[str, str], name: str) -> str:
    """Returns the people of all headers of the name as `Name <address>`, comma-separated; else the headers' text."""
    values = _values(mail, name)
    shown: list[str] = []
    for person, address in getaddresses([value for value in values if "@" in value]):
        display_name = _single_line(decode_words(person))
        if display_name and address:
            shown.append(f"{_quote(display_name)} <{address}>")
        elif display_name or address:
            shown.append(display_name or address)
    if shown:
        return ", ".join(shown)
    return ", ".join(_single_line(decode_words(value)) for value in values if not _NOBODY.fullmatch(value))


def date_of(mail: Message[str, str]) -> str:
    """Returns the date in ISO 8601 and UTC, or the header unchanged if it holds no valid date."""
    value = header_text(mail, "Date")
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return value


def decode_words(text: str) -> str:
    """Returns the text with its encoded words (RFC 2047) decoded, also within words; broken encoded words stay."""
    pieces: list[str] = []
    data, charset, end = b"", "", 0
    for found in _ENCODED.finditer(text):
        between = text[end : found.start()]
        content = _word_bytes(found[2], found[3])
        if content is None:
            continue
        if data and (between.strip() or found[1].lower() != charset):
            pieces.append(decode_bytes(data, charset))
            data = b""
        if between.strip() or not end:
            pieces.append(between)  # blanks between two encoded words are not part of the text
        data, charset, end = data + content, found[1].lower(), found.end()
    if data:
        pieces.append(decode_bytes(data, charset))
    return "".join([*pieces, text[end:]])


def _word_bytes(encoding: str, content: str) -> bytes | None:
    raw = content.encode("ascii", "replace")
    if encoding in "qQ":
        return quopri.decodestring(raw.replace(b"_", b" "), header=True)
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4)) or None
    except (binascii.Error, ValueError):
        return None


def _values(mail: Message[str, str], name: str) -> list[str]:
    """Returns the headers of the name as text, lines joined; bytes that are not ASCII are decoded like those of the body."""
    found: list[str] = []
    left = MAX_HEADER
    for key, value in mail.raw_items():
        if key.lower() != name.lower() or left <= 0:
            continue
        text = str(value)[:left]
        left -= len(text)
        if not text.isascii():
            text = decode_bytes(text.encode("utf-8", "surrogateescape"), _charset(mail))
        found.append(re.sub(r"\r?\n(?=[ \t])", "", text).replace("\r", " ").replace("\n", " "))
    return [value for value in found if value.strip()]


def _charset(mail: Message[str, str]) -> str | None:
    try:
        return mail.get_content_charset()
    except (LookupError, ValueError, TypeError, AttributeError):
        return None


def _single_line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def _quote(name: str) -> str:
    name = name[1:-1] if len(name) > 1 and name[0] == name[-1] == "'" else name
    if not _SPECIALS.search(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
