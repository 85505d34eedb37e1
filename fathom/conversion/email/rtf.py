"""Reads the rich text of Outlook messages: decompresses it, and returns the HTML embedded in it, else its plain text."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace

MAX_UNPACKED = 32 * 1024 * 1024

_COMPRESSED, _STORED = 0x75465A4C, 0x414C454D
_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArial"
    rb"Times New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n" + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_TOKEN = re.compile(rb"\\([a-zA-Z]+)(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.S)
# Groups without displayed text.
_UNREAD = frozenset({b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer", b"themedata"})
_SIGNS = {
    b"par": "\n", b"line": "\n", b"row": "\n", b"sect": "\n", b"page": "\n", b"tab": "\t", b"cell": "\t", b"emdash": "—",
    b"endash": "–", b"bullet": "•", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"emspace": " ",
    b"enspace": " ",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Group:
    """The state of an open group: whether it is read, whether it is an HTML tag, and the `\\uc` fallback length."""

    is_read: bool = True
    is_tag: bool = False
    skipped_signs: int = 1


def decompress_rtf(data: bytes) -> bytes:
    """Returns the RTF of a PR_RTF_COMPRESSED property ([MS-OXRTFCP]); empty if it is none."""
    if len(data) < 16:
        return b""
    size, kind = struct.unpack_from("<II", data, 4)
    if kind == _STORED:
        return data[16 : 16 + size]
    if kind != _COMPRESSED:
        return b""
    window = bytearray(_DICTIONARY.ljust(4096, b"\0"))
    place, found, at = len(_DICTIONARY), bytearray(), 16
    size = min(size, MAX_UNPACKED)
    while at < len(data) and len(found) < size:
        control, at = data[at], at + 1
        for bit in range(8):
            if at >= len(data) or len(found) >= size:
                break
            if control >> bit & 1:
                if at + 1 >= len(data):
                    break
                reference, at = data[at] << 8 | data[at + 1], at + 2
                offset, length = reference >> 4, (reference & 15) + 2
                if offset == place:
                    return bytes(found)
                for step in range(length):
                    byte = window[(offset + step) % 4096]
                    window[place] = byte
                    place = (place + 1) % 4096
                    found.append(byte)
            else:
                window[place] = data[at]
                place = (place + 1) % 4096
                found.append(data[at])
                at += 1
    return bytes(found[:size])


def text_of_rtf(rtf: bytes) -> tuple[str, bool]:
    """Returns the text, and whether it is HTML ([MS-OXRTFEX]); empty if the bytes are no RTF."""
    if not rtf.lstrip().startswith(b"{\\rtf"):
        return "", False
    is_html = b"\\fromhtml" in rtf[:2000]
    page = re.search(rb"\\ansicpg(\d{1,5})", rtf[:2000])
    reader = _RtfReader(f"cp{int(page[1])}" if page else "cp1252", is_html=is_html)
    for found in _TOKEN.finditer(rtf):
        reader.take(found)
    return reader.text(), is_html


class _RtfReader:
    """Reads RTF token by token."""

    def __init__(self, codec: str, *, is_html: bool) -> None:
        self._codec = codec
        self._is_html = is_html
        self._texts: list[str] = []
        self._bytes = bytearray()
        self._open = [_Group()]
        self._begins = False  # a group begins here
        self._is_optional = False  # `\*`: readers that do not know the group skip it
        self._for_rtf_alone = False
        self._to_skip = 0

    def take(self, found: re.Match[bytes]) -> None:
        """Reads the next token."""
        word, number, coded, sign, brace, text = found.groups()
        if brace:
            self._to_skip = 0
            if brace == b"{":
                self._open.append(self._open[-1])
            elif len(self._open) > 1:
                self._open.pop()
            self._begins = brace == b"{"
            return
        if sign == b"*" and self._begins:
            self._is_optional = True
            return
        if word:
            self._word(word, number)
        elif coded and self._to_skip:
            self._to_skip -= 1
        elif coded:
            self._add_bytes(bytes((int(coded, 16),)))
        elif sign:
            self._emit({b"~": "\u00a0", b"_": "-", b"-": "", b"\n": "\n", b"\r": "\n"}.get(sign, sign.decode("latin-1")))
        elif text:
            skipped = min(self._to_skip, len(text))
            self._to_skip -= skipped
            self._add_bytes(text[skipped:])
        self._begins = False

    def _word(self, word: bytes, number: bytes | None) -> None:
        group = self._open[-1]
        if self._begins and (word in _UNREAD or (self._is_optional and word != b"htmltag")):
            self._open[-1] = replace(group, is_read=False)
        elif self._begins and self._is_optional:
            self._open[-1] = replace(group, is_tag=True)
        elif word == b"htmlrtf":
            self._for_rtf_alone = number != b"0"
        elif word == b"uc" and number:
            self._open[-1] = replace(group, skipped_signs=min(int(number), 8))
        elif word == b"u" and number:
            code = int(number) % 65536
            self._emit(chr(code) if code else "")
            self._to_skip = group.skipped_signs
        elif word in _SIGNS:
            self._emit(_SIGNS[word])
        self._is_optional = False

    def _add_bytes(self, data: bytes) -> None:
        if self._is_shown():
            self._bytes += data

    def _emit(self, text: str) -> None:
        if self._is_shown():
            self._end_bytes()
            self._texts.append(text)

    def _is_shown(self) -> bool:
        group = self._open[-1]
        return group.is_read and (group.is_tag or not (self._is_html and self._for_rtf_alone))

    def _end_bytes(self) -> None:
        if self._bytes:
            try:
                self._texts.append(self._bytes.decode(self._codec, errors="replace"))
            except LookupError:
                self._texts.append(self._bytes.decode("cp1252", errors="replace"))
            self._bytes.clear()

    def text(self) -> str:
        """Returns the text read; adjacent surrogate halves are joined into a character."""
        self._end_bytes()
        return "".join(self._texts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
