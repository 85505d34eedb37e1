"""A message of Outlook's is the mail it was, with what came with it, and a broken one is named as such."""

from __future__ import annotations

import email
import random
import struct
from email import policy
from email.message import EmailMessage
from pathlib import Path

from oxmsg import Message
from oxmsg.storage import Storage, Stream

from fathom.conversion.email import outlook
from fathom.conversion.email.attachments import attachments_of
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.errors import DocumentRejected

SUBJECT, BODY, LONG_NAME, MIME, DATA = 0x0037, 0x1000, 0x3707, 0x370E, 0x3701
TEXT, BINARY = 0x001F, 0x0102


def storage(path: str, header: int, values: dict[int, str | bytes], *inside: Storage) -> Storage:
    """A folder of a message's: its properties, of which the variable ones are streams of their own."""
    entries, streams = bytes(header), []
    for number, value in values.items():
        kind = TEXT if isinstance(value, str) else BINARY
        content = value.encode("utf-16-le") if isinstance(value, str) else value
        entries += struct.pack("<HHIII", kind, number, 6, len(content), 0)
        streams.append(Stream(f"{path}/__substg1.0_{number:04X}{kind:04X}", content))
    return Storage(path, (Stream(f"{path}/{outlook.ROOT_STREAM}", entries), *streams), inside)


def parsed(message: Message) -> EmailMessage:
    sent = outlook._mail(message, 0, message._storage).as_bytes()
    return email.message_from_bytes(sent, policy=policy.default)


def test_a_message_within_a_message_is_one_again() -> None:
    inner = storage(f"a/{outlook.INNER_STORAGE}", outlook.INNER_HEADER, {SUBJECT: "The lease", BODY: "It ends in May."})
    wrapped = storage("__attach_version1.0_#00000000", 8, {}, inner)
    file = storage("__attach_version1.0_#00000001", 8, {LONG_NAME: "berths.csv", MIME: "text/csv", DATA: b"berth,boat\n"})
    mail = parsed(Message(storage("", 32, {SUBJECT: "Fwd: The\nlease", BODY: "See below."}, wrapped, file)))
    assert mail["Subject"] == "Fwd: The lease"
    first, second = mail.iter_attachments()
    within = first.get_content()
    assert (within["Subject"], within.get_content().strip()) == ("The lease", "It ends in May.")
    assert (second.get_filename(), second.get_content_type()) == ("berths.csv", "text/csv")


def test_what_came_with_a_message_is_taken_from_it(corpora: Path) -> None:
    path = corpora / "documents/unstructured/fake-email-attachment.msg"
    [attachment], errors = attachments_of(path)
    assert (attachment.name, attachment.media_type, errors) == ("fake-attachment.txt", "text/plain", [])
    assert attachment.content is not None
    assert b"fake attachment" in attachment.content.lower()
    converted = EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**6, max_pages=10), version="v")
    assert converted.markdown.startswith("# Fake email with attachment")
    assert [one.name for one in converted.attachments] == ["fake-attachment.txt"]


def test_a_broken_message_is_named_and_never_a_crash(corpora: Path, tmp_path: Path) -> None:
    whole = (corpora / "documents/unstructured/fake-email-attachment.msg").read_bytes()
    chance = random.Random(7)
    ended: set[str] = set()
    for number in range(60):
        broken = bytearray(whole)
        for _ in range(chance.choice((1, 8, 64))):
            broken[chance.randrange(8, len(broken))] = chance.randrange(256)
        path = tmp_path / f"{number}.msg"
        path.write_bytes(broken[: chance.choice((len(broken), len(broken) // 2, 700))])
        try:
            inspection = inspect_file(path, max_bytes=10**6, max_pages=10)
            EmbeddedEngine().convert_file(path, inspection, version="v")
            ended.add("converted")
        except DocumentRejected as error:
            ended.add(error.name)
    assert "DocumentDamaged" in ended
    assert "converted" in ended
