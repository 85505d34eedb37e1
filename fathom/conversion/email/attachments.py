"""Extracts the attachments of a mail under safe file names, or says why an attachment is not taken."""

from __future__ import annotations

import email
import mimetypes
import re
import unicodedata
from collections.abc import Iterator, Sequence
from email import policy
from email.errors import InvalidBase64LengthDefect
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from fathom.conversion.email.outlook import mail_bytes
from fathom.conversion.report import Attachment, ConversionError

if TYPE_CHECKING:
    from docling_core.types.doc import DoclingDocument

MAX_ATTACHMENTS = 100
MAX_NAME = 120
MESSAGE = "message/rfc822"
# Proof of a document or of its delivery, but no document.
LEFT_OUT = frozenset(
    {
        "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature", "application/pgp-keys",
        "message/delivery-status", "text/rfc822-headers",
    }
)  # fmt: skip
# Read as part of the mail even if attached: they hold the time and place of events.
CALENDARS = frozenset({"text/calendar", "application/ics"})
# Headers are kept as in the mail: long lines are not refolded.
_AS_IT_WAS = policy.compat32.clone(max_line_length=None)
# Errors that Python's mail parser raises over broken mails.
_UNREADABLE = (RecursionError, ValueError, LookupError, TypeError, AttributeError)
_SHOWN = re.compile(rb"""cid:([^"'\s>)]+)""", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029/\\\ud800-\udfff]+")

Mail: TypeAlias = "Message[str, str]"


def attachments_of(path: Path) -> tuple[list[Attachment], list[ConversionError]]:
    """Returns the first `MAX_ATTACHMENTS` attachments of the mail in the file, in order, and the errors of the others.

    Inline pictures and signatures are no attachments. Names are unique and contain no separator, no `..` and no unprintable
    character.
    """
    try:
        mail: Mail = email.message_from_bytes(mail_bytes(path), policy=policy.compat32)
        found, more = _first(_parts(mail), MAX_ATTACHMENTS)
    except _UNREADABLE as error:
        message = f"Its attachments cannot be told apart ({type(error).__name__})."
        return [], [ConversionError(category="attachments", message=message)]
    taken: set[str] = set()
    attachments = [_attachment(part, number, taken) for number, part in enumerate(found, start=1)]
    if more:
        message = f"It has {len(found) + more} attachments; the first {MAX_ATTACHMENTS} are taken."
        return attachments, [ConversionError(category="attachments", message=message)]
    return attachments, []


def remove_attachments(mail_bytes: bytes) -> bytes:
    """Returns the mail without its attachments, except calendars: an attached mail would be read as text of this mail.

    Returns the bytes unchanged if there are no attachments or the mail cannot be parsed.
    """
    try:
        mail: Mail = email.message_from_bytes(mail_bytes, policy=_AS_IT_WAS)
        found = {id(part) for part in _parts(mail) if part.get_content_type() not in CALENDARS}
        if not found:
            return mail_bytes
        waiting: list[Mail] = [mail]
        while waiting:
            inside = waiting.pop().get_payload()
            if isinstance(inside, list):
                inside[:] = [part for part in inside if id(part) not in found]
                waiting.extend(part for part in inside if isinstance(part, Message))
        return mail.as_bytes()
    except _UNREADABLE:
        return mail_bytes


def list_attachments(document: DoclingDocument, attachments: Sequence[Attachment]) -> None:
    """Appends the list of attachments to the document."""
    document.add_heading("Attachments", level=1)
    group = document.add_list_group(name="attachments")
    for attachment in attachments:
        document.add_list_item(f"{attachment.name} ({attachment.media_type})", parent=group)


def _first(parts: Iterator[Mail], most: int) -> tuple[list[Mail], int]:
    found: list[Mail] = []
    more = 0
    for part in parts:
        if len(found) < most:
            found.append(part)
        else:
            more += 1
    return found, more


def _parts(mail: Mail) -> Iterator[Mail]:
    """Yields the parts that are attachments, in order; an attached mail is not searched itself."""
    shown = _shown(mail)
    waiting: list[tuple[Mail, str]] = [(mail, "")]
    while waiting:
        part, above = waiting.pop()
        kind = part.get_content_type()
        inside = part.get_payload()
        if kind in LEFT_OUT:
            continue
        if kind == MESSAGE and part is not mail:
            yield part
        elif isinstance(inside, list):
            waiting.extend((inner, kind) for inner in reversed(inside) if isinstance(inner, Message))
        elif part is not mail and _is_attached(part, kind, above, shown):
            yield part


def _shown(mail: Mail) -> set[str]:
    """Returns the content ids that the mail's HTML shows."""
    return {
        found.decode("ascii", "replace")
        for part in mail.walk()
        if part.get_content_type() == "text/html" and isinstance(html := part.get_payload(decode=True), bytes)
        for found in _SHOWN.findall(html)
    }


def _is_attached(part: Mail, kind: str, above: str, shown: set[str]) -> bool:
    """Returns whether a part is attached; `above` is the media type of its enclosing part."""
    name = str(part.get("Content-ID", "")).strip("<> ")
    of_the_text = above == "multipart/related"
    if of_the_text and part.get("Content-Location"):
        return False  # a piece of a saved page
    if kind.startswith("image/") and (name in shown or (of_the_text and name)):
        return False
    if kind in CALENDARS and above == "multipart/alternative":
        return False  # an alternative rendition of the text
    if part.get_content_disposition() == "attachment":
        return True
    return _given_name(part) is not None or not kind.startswith(("text/", "multipart/"))


def _attachment(part: Mail, number: int, taken: set[str]) -> Attachment:
    kind = part.get_content_type()
    name = _make_unique(_name(part, kind, number), taken)
    try:
        content = _message_bytes(part) if kind == MESSAGE else _decode(part)
    except _UNREADABLE:
        content = None
    if content is None:
        return Attachment(name=name, media_type=kind, size=0, refused="Its encoding in the mail is broken.")
    return Attachment(name=name, media_type=kind, size=len(content), content=content)


def _decode(part: Mail) -> bytes | None:
    content = part.get_payload(decode=True)
    broken = any(isinstance(defect, InvalidBase64LengthDefect) for defect in part.defects)
    return content if isinstance(content, bytes) and not broken else None


def _message_bytes(part: Mail) -> bytes | None:
    inside = part.get_payload()
    if not isinstance(inside, list) or not inside or not isinstance(inside[0], Message):
        return _decode(part)
    mail = inside[0]
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() in ("base64", "quoted-printable") and not mail.keys():
        mail["Content-Transfer-Encoding"] = part["Content-Transfer-Encoding"]  # violates the standard, but occurs in practice
        return _decode(mail)
    return mail.as_bytes(policy=_AS_IT_WAS)


def _name(part: Mail, kind: str, number: int) -> str:
    """Returns the part's name, made safe, or a generated name if it has none."""
    suffix = ".eml" if kind == MESSAGE else mimetypes.guess_extension(kind) or ""
    given = _given_name(part)
    if given is None and kind == MESSAGE:
        inside = part.get_payload()
        within = inside[0] if isinstance(inside, list) and inside else None
        subject = within.get("Subject") if isinstance(within, Message) else None
        given = _readable(str(subject)).replace("/", " ").replace("\\", " ") + suffix if subject else None
    name = _safe(given or "")
    if not name:
        return f"{'message' if kind == MESSAGE else 'attachment'}-{number}{suffix}"
    return name if kind != MESSAGE or name.lower().endswith(".eml") else f"{name}.eml"


def part_name(part: Mail) -> str:
    """Returns the name that the mail gives the part, made safe; empty if it gives none."""
    return _safe(_given_name(part) or "")


def _given_name(part: Mail) -> str | None:
    try:
        name = part.get_filename()
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return _readable(name) if name else None


def _readable(header: str) -> str:
    try:
        return str(make_header(decode_header(header)))
    except (ValueError, LookupError, TypeError, AttributeError):
        return header


def _safe(name: str) -> str:
    """Returns the last component of the name as a path, printable, not hidden and not too long."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = " ".join(_UNSAFE.sub(" ", name).split()).strip(". ")
    if len(name) <= MAX_NAME:
        return name
    suffix = PurePosixPath(name).suffix[:12]
    return name[: MAX_NAME - len(suffix)].rstrip(". ") + suffix


def _make_unique(name: str, taken: set[str]) -> str:
    """Returns the name, numbered if another attachment has it; case is ignored, as on some file systems."""
    free, number = name, 1
    while free.casefold() in taken:
        number += 1
        path = PurePosixPath(name)
        free = f"{path.stem} ({number}){path.suffix}"
    taken.add(free.casefold())
    return free
