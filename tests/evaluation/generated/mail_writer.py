"""Writes a generated document as a mail whose HTML part has all of it and whose plain part next to nothing."""

from __future__ import annotations

from email.message import EmailMessage
from zlib import crc32

from tests.evaluation.generated.content import Story
from tests.evaluation.generated.page_writer import page

ENCODINGS = ("quoted-printable", "base64")
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


def mail(story: Story) -> bytes:
    """Returns the mail; which encoding it has and what else it carries follows from its content."""
    text = page(story)
    choice = crc32(text.encode())
    message = EmailMessage()
    message["Subject"] = "Harbour report"
    message["From"] = "Ana <ana@example.org>"
    message["To"] = "Bo <bo@example.org>"
    message.set_content("Your program shows no HTML.")
    message.add_alternative(text, subtype="html", cte=ENCODINGS[choice % 2])
    if choice % 3 == 0:
        alternative = message.get_payload(1)
        assert isinstance(alternative, EmailMessage)
        alternative.add_related(PIXEL, "image", "gif", cid="<pixel@example.org>")
    if choice % 5 == 0:
        message.add_attachment(b"1,2", maintype="text", subtype="csv", filename="a.csv")
    return bytes(message)
