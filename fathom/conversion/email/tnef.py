"""Unpacks Outlook's winmail.dat (TNEF, [MS-OXTNEF]): the text of the mail and its attached files."""

from __future__ import annotations

import email
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage, Message

from fathom.conversion.email.rtf import decompress_rtf, text_of_rtf

_AS_IT_WAS = policy.compat32.clone(max_line_length=None)
SIGNATURE = 0x223E9F78
MAX_FILES = 200
MAX_PROPERTIES = 20_000
MAX_DEPTH = 40

_BODY, _PROPERTIES, _CODE_PAGE = 0x0002800C, 0x00069003, 0x00069007
_NEW_FILE, _FILE_NAME, _FILE_DATA, _FILE_PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_PR_BODY, _PR_HTML, _PR_RTF = 0x1000, 0x1013, 0x1009
_PR_DATA, _PR_SHORT_NAME, _PR_LONG_NAME, _PR_MIME = 0x3701, 0x3704, 0x3707, 0x370E
_STRING8, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_MANY = 0x1000
_SIZES = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_NAMED = 0x8000


@dataclass(slots=True)
class PackedFile:
    """A file in the package."""

    name: str = ""
    media_type: str = ""
    content: bytes = b""


@dataclass(slots=True)
class TnefPackage:
    """The content of a TNEF package: the mail's text, plain and as HTML, and files."""

    plain: str = ""
    html: str = ""
    files: list[PackedFile] = field(default_factory=list[PackedFile])


def unpack_tnef_parts(mail: Message[str, str]) -> bool:
    """Replaces each package in the mail by its content; returns whether any package could be opened.

    The text of a package is used only if the mail has no other text.
    """
    opened = False
    has_text = any(part.get_content_maintype() == "text" and str(part.get_payload()).strip() for part in mail.walk())
    waiting = [(mail, 0)]
    while waiting:
        above, depth = waiting.pop()
        inside = above.get_payload()
        if not isinstance(inside, list) or depth > MAX_DEPTH:
            continue
        for number, part in enumerate(inside):
            if not isinstance(part, Message):
                continue
            package = read_package(part) if _is_package(part) else None
            if package is None or not (package.files or (not has_text and (package.plain or package.html).strip())):
                waiting.append((part, depth + 1))
                continue
            # parsed again, so that the headers are written unchanged
            opened_part = email.message_from_bytes(_mail_of(package, with_text=not has_text).as_bytes(), policy=_AS_IT_WAS)
            inside[number] = opened_part
            opened = True
    return opened


def _is_package(part: Message[str, str]) -> bool:
    return "ms-tnef" in part.get_content_type() or (part.get_filename() or "").lower() == "winmail.dat"


def read_package(part: Message[str, str]) -> TnefPackage | None:
    """Returns the content of the package in a part of a mail; None if it is broken."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes) or len(data) < 6 or struct.unpack_from("<I", data)[0] != SIGNATURE:
        return None
    try:
        return _package(data)
    except (struct.error, IndexError):
        return None


def _package(data: bytes) -> TnefPackage:
    found, codec = TnefPackage(), "cp1252"
    for name, value in _attributes(data):
        if name == _CODE_PAGE and len(value) >= 4:
            codec = f"cp{struct.unpack_from('<I', value)[0]}"
        elif name == _NEW_FILE and len(found.files) < MAX_FILES:
            found.files.append(PackedFile())
        elif name == _BODY:
            found.plain = _text(value, codec)
        elif name == _PROPERTIES:
            _take_text(found, dict(_properties(value)), codec)
        elif found.files:
            _take_file(found.files[-1], name, value, codec)
    found.files = [file for file in found.files if file.content or file.name]
    return found


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    while at + 9 <= len(data):
        _, name, size = struct.unpack_from("<BII", data, at)
        if at + 9 + size > len(data):
            return
        yield name, data[at + 9 : at + 9 + size]
        at += 9 + size + 2


def _take_text(found: TnefPackage, values: dict[int, bytes | str], codec: str) -> None:
    found.plain = found.plain or _text(values.get(_PR_BODY, ""), codec)
    found.html = _text(values.get(_PR_HTML, ""), codec)
    rich = values.get(_PR_RTF, b"")
    if isinstance(rich, bytes) and rich and not found.html:
        text, is_html = text_of_rtf(decompress_rtf(rich))
        if is_html:
            found.html = text
        else:
            found.plain = found.plain or text


def _take_file(file: PackedFile, name: int, value: bytes, codec: str) -> None:
    if name == _FILE_NAME:
        file.name = file.name or _text(value, codec)
    elif name == _FILE_DATA:
        file.content = value
    elif name == _FILE_PROPERTIES:
        values = dict(_properties(value))
        file.name = _text(values.get(_PR_LONG_NAME, ""), codec) or file.name or _text(values.get(_PR_SHORT_NAME, ""), codec)
        file.media_type = _text(values.get(_PR_MIME, ""), codec)
        content = values.get(_PR_DATA, b"")
        if not file.content and isinstance(content, bytes):
            file.content = content[16:] if content[16:20] == struct.pack("<I", SIGNATURE) else content


def _properties(data: bytes) -> Iterator[tuple[int, bytes | str]]:
    """Yields the first value of each property that is text or bytes."""
    at = 4
    for _ in range(min(struct.unpack_from("<I", data)[0], MAX_PROPERTIES)):
        kind, name = struct.unpack_from("<HH", data, at)
        at += 4
        if name >= _NAMED:
            at = _behind_name(data, at)
        is_many, kind = bool(kind & _MANY), kind & ~_MANY
        counted = is_many or kind in (_STRING8, _UNICODE, _OBJECT, _BINARY)
        count = struct.unpack_from("<I", data, at)[0] if counted else 1
        at += 4 if counted else 0
        for number in range(min(count, MAX_PROPERTIES)):
            if kind in _SIZES:
                at += _SIZES[kind]
                continue
            size = struct.unpack_from("<I", data, at)[0]
            value = data[at + 4 : at + 4 + size]
            at += 4 + size + -size % 4
            if number == 0:
                yield name, value.decode("utf-16-le", "replace") if kind == _UNICODE else value
        if at > len(data):
            return


def _behind_name(data: bytes, at: int) -> int:
    kind = struct.unpack_from("<I", data, at + 16)[0]
    if kind == 0:
        return at + 24
    size = struct.unpack_from("<I", data, at + 20)[0]
    return int(at + 24 + size + -size % 4)


def _text(value: bytes | str, codec: str) -> str:
    if isinstance(value, str):
        return value.rstrip("\0")
    try:
        return value.decode(codec, "replace").rstrip("\0")
    except LookupError:
        return value.decode("cp1252", "replace").rstrip("\0")


def _mail_of(package: TnefPackage, *, with_text: bool) -> EmailMessage:
    """Returns the package as a part of a mail: its text, if it is to be read, then its files."""
    mail = EmailMessage()
    if with_text and package.plain.strip():
        mail.set_content(package.plain)
        if package.html.strip():
            mail.add_alternative(package.html, subtype="html")
    elif with_text and package.html.strip():
        mail.set_content(package.html, subtype="html")
    mail.make_mixed()
    for file in package.files:
        kind, _, subtype = file.media_type.strip().lower().partition("/")
        if not (kind.isalnum() and subtype) or kind in {"multipart", "message"}:
            kind, subtype = "application", "octet-stream"
        mail.add_attachment(file.content, maintype=kind, subtype=subtype, filename=" ".join(file.name.split()) or "file")
    return mail
