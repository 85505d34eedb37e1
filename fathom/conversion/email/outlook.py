"""Converts an Outlook message (MSG) to a mail (RFC 5322), so that all later steps treat both alike."""

from __future__ import annotations

import email
import re
from email import policy
from email.message import EmailMessage
from email.message import Message as MailMessage
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fathom.conversion.email.mail_headers import repair_headers
from fathom.conversion.email.mailbox_file import join_mails
from fathom.conversion.email.outlook_items import item_lines
from fathom.conversion.email.rtf import decompress_rtf, text_of_rtf
from fathom.conversion.email.tnef import unpack_tnef_parts
from fathom.conversion.inspection.magic_bytes import OLE
from fathom.errors import DocumentDamaged

if TYPE_CHECKING:
    from oxmsg import Message
    from oxmsg.attachment import Attachment

# The properties stream of a message's root storage, the storage of an inner message, and the length of its header.
ROOT_STREAM = "__properties_version1.0"
INNER_STORAGE = "__substg1.0_3701000D"
INNER_HEADER = 24
MAX_NESTING = 5
_RTF = 0x1009
# Errors that Python's mail parser raises over broken mails.
_UNREADABLE = (RecursionError, ValueError, LookupError, TypeError, AttributeError)
_PACKAGE = re.compile(rb"ms-tnef|winmail\.dat", re.I)
# Headers are kept as in the mail: long lines are not refolded.
_AS_IT_WAS = policy.compat32.clone(max_line_length=None)
_RECIPIENT_TYPE = 0x0C15
_HEADERS = {2: "Cc", 3: "Bcc"}


def is_outlook(path: Path) -> bool:
    """Returns whether the container at the path is an Outlook message, and not a document that embeds such a message."""
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(path) as container:
            return bool(container.exists(ROOT_STREAM))
    except Exception as error:  # the container reader has no error type of its own, either
        raise DocumentDamaged("It begins as a file of the old office container, and its structure is broken.") from error


def mail_bytes(path: Path) -> bytes:
    """Returns the file as an RFC 5322 mail. Raises DocumentDamaged for an unreadable Outlook message."""
    data = path.read_bytes()
    if not data.startswith(OLE):
        return _with_packages_open(join_mails(repair_headers(data)))
    from oxmsg import Message

    try:
        message = Message.load(data)
        return _mail(message, 0, message._storage).as_bytes()
    except Exception as error:  # the reader has no error types of its own; a broken file may raise any
        raise DocumentDamaged(f"It is an Outlook message whose structure is broken ({type(error).__name__}).") from error


def _with_packages_open(data: bytes) -> bytes:
    """Returns the mail with its TNEF packages (winmail.dat) unpacked into parts; unchanged if there are none."""
    if not _PACKAGE.search(data):
        return data
    try:
        mail: MailMessage[str, str] = email.message_from_bytes(data, policy=_AS_IT_WAS)
        return mail.as_bytes() if unpack_tnef_parts(mail) else data
    except _UNREADABLE:
        return data


def _mail(message: Message, depth: int, root: Any) -> EmailMessage:
    mail = EmailMessage()
    written = {"Subject": message.subject, "From": message.sender, **_recipients(message)}
    for name, value in written.items():
        if value and (line := " ".join(value.split())):
            mail[name] = line
    if message.sent_date is not None:
        mail["Date"] = format_datetime(message.sent_date)
    plain, html = message.body, message.html_body
    if not html and (rich := message.properties.binary_prop_value(_RTF)):
        text, is_html = text_of_rtf(decompress_rtf(rich))
        html, plain = (text, plain) if is_html else (html, plain or text)
    mail.set_content(plain or "") if plain or not html else mail.set_content(html, subtype="html")
    if plain and html:
        mail.add_alternative(html, subtype="html")
    if lines := item_lines(message, root):
        fields = EmailMessage()
        fields.set_content("\n".join(lines))
        mail.make_mixed()
        mail.get_payload().insert(0, fields)  # type: ignore[union-attr]
    for attachment in message.attachments:
        _attach(mail, attachment, depth, root)
    return mail


def _recipients(message: Message) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for recipient in message.recipients:
        address = formataddr((recipient.name or "", recipient.email_address or ""))
        kind = recipient.properties.int_prop_value(_RECIPIENT_TYPE)
        found.setdefault(_HEADERS.get(kind or 0, "To"), []).append(address)
    return {name: ", ".join(addresses) for name, addresses in found.items()}


def _attach(mail: EmailMessage, attachment: Attachment, depth: int, root: Any) -> None:
    storage: Any = attachment._storage  # an embedded message is a storage, available only here
    inner = next((child for child in storage.storages if child.name == INNER_STORAGE), None)
    if inner is not None and depth < MAX_NESTING:
        mail.add_attachment(_mail(_inner_message(inner), depth + 1, root))
        return
    kind, _, subtype = (attachment.mime_type or "").partition("/")
    content = attachment.file_bytes or b""
    if not (kind and subtype) or kind in {"multipart", "message"}:
        kind, subtype = "application", "octet-stream"
    mail.add_attachment(content, maintype=kind, subtype=subtype, filename=attachment.file_name)


def _inner_message(storage: Any) -> Message:
    from oxmsg import Message
    from oxmsg.properties import Properties

    class Inner(Message):
        """A message embedded in another message."""

        @property
        def _properties(self) -> Properties:
            return Properties(storage, properties_header_offset=INNER_HEADER)

    return Inner(storage)
