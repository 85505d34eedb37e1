"""What comes with a mail is told apart from what the mail shows, under names that can be kept, whatever the mail does."""

from __future__ import annotations

import base64
import io
import zipfile
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest

from fathom.conversion.email import attachments
from fathom.conversion.email.attachments import attachments_of, remove_attachments
from fathom.conversion.engines.docling_formats import source_bytes
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import Attachment


def mail(subject: str = "Pumps", body: str = "Water rises.") -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = subject, "ann@example.org", "bob@example.org"
    made.set_content(body)
    return made


def attach(made: EmailMessage, name: str | None, data: bytes = b"data", kind: str = "application/octet-stream") -> None:
    main, _, sub = kind.partition("/")
    made.add_attachment(data, maintype=main, subtype=sub, filename=name)


def told(tmp_path: Path, data: bytes | EmailMessage) -> list[Attachment]:
    path = tmp_path / "a.eml"
    path.write_bytes(data if isinstance(data, bytes) else data.as_bytes())
    found, errors = attachments_of(path)
    assert errors == []
    return found


def names(tmp_path: Path, *given: str | None) -> list[str]:
    made = mail()
    for name in given:
        attach(made, name)
    return [one.name for one in told(tmp_path, made)]


def test_bytes_come_out_as_they_went_in_and_in_order(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.txt", "inside")
    made = mail()
    attach(made, "plan.pdf", bytes(range(256)), "application/pdf")
    attach(made, "more.zip", archive.getvalue(), "application/zip")
    attach(made, "nothing.bin", b"")
    found = told(tmp_path, made)
    assert [(one.name, one.media_type, one.content) for one in found] == [
        ("plan.pdf", "application/pdf", bytes(range(256))),
        ("more.zip", "application/zip", archive.getvalue()),
        ("nothing.bin", "application/octet-stream", b""),
    ]


def test_a_name_cannot_leave_its_mail_hide_or_break_a_line(tmp_path: Path) -> None:
    assert names(tmp_path, "../../etc/passwd", "C:\\temp\\plan.doc", "/a/b.txt", "..", ".bashrc", None) == [
        "passwd",
        "plan.doc",
        "b.txt",
        "attachment-4.bin",
        "bashrc",
        "attachment-6.bin",
    ]
    raw = b'Content-Disposition: attachment; filename="a\tb\x01.txt"\nContent-Type: text/plain\n\nA.'
    made = b'Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n' + raw + b"\n--b--\n"
    assert [one.name for one in told(tmp_path, made)] == ["a b .txt"]


def test_no_two_have_one_name_and_none_is_too_long(tmp_path: Path) -> None:
    assert names(tmp_path, "a.pdf", "A.pdf", "x/a.pdf", "a (2).pdf") == ["a.pdf", "A (2).pdf", "a (3).pdf", "a (2) (2).pdf"]
    (long,) = names(tmp_path, "é" * 300 + ".docx")
    assert (len(long), long.endswith(".docx")) == (120, True)


def test_names_in_any_encoding_are_read(tmp_path: Path) -> None:
    parts = b"".join(
        b"--b\nContent-Type: application/pdf\nContent-Disposition: attachment; " + one + b"\n\nA\n"
        for one in (
            b"filename*=utf-8''B%C3%A9.pdf",
            b'filename="=?iso-8859-1?Q?B=E9.pdf?="',
            b'filename="=?nonsense?Q?B?="',
            b'filename="\xff\xfe.pdf"',
        )
    )
    made = b'Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n' + parts + b"--b--\n"
    found = [one.name for one in told(tmp_path, made)]
    assert found[:2] == ["Bé.pdf", "Bé (2).pdf"]
    assert (len(set(found)), all(found)) == (4, True)


def test_a_mail_in_a_mail_is_a_mail_and_is_not_taken_apart(tmp_path: Path) -> None:
    inner = mail("A / B: the first", "Deep water.")
    attach(inner, "deep.txt", b"deep")
    outer = mail()
    outer.add_attachment(inner)
    (found,) = told(tmp_path, outer)
    assert (found.name, found.media_type, found.content is None) == ("A B: the first.eml", "message/rfc822", False)
    again = told(tmp_path, found.content or b"")
    assert [(one.name, one.content) for one in again] == [("deep.txt", b"deep")]
    assert message_from_bytes(found.content or b"")["Subject"] == "A / B: the first"


def test_a_mail_that_is_sent_in_base64_against_the_rules_is_read(tmp_path: Path) -> None:
    packed = base64.encodebytes(mail("Inner").as_bytes())
    part = b"--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + packed + b"--b--\n"
    made = b'Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n' + part
    (found,) = told(tmp_path, made)
    assert message_from_bytes(found.content or b"")["Subject"] == "Inner"


def test_base64_that_is_cut_short_is_refused_by_name_and_the_others_are_taken(tmp_path: Path) -> None:
    part = b"--b\nContent-Type: application/pdf; name=%s\nContent-Transfer-Encoding: base64\n\n%s\n"
    made = b'Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n' + part % (b"bad.pdf", b"QUJDR")
    found = told(tmp_path, made + part % (b"good.pdf", b"QUJD") + b"--b--\n")
    assert [(one.name, one.content, one.refused is None) for one in found] == [
        ("bad.pdf", None, False),
        ("good.pdf", b"ABC", True),
    ]


def test_what_the_mail_shows_and_what_proves_it_is_not_attached(tmp_path: Path) -> None:
    made = mail()
    made.add_alternative("<p>Water <img src='cid:logo'></p>", subtype="html")
    html = made.get_payload()[1]
    assert isinstance(html, EmailMessage)
    html.add_related(b"\x89PNG", "image", "png", cid="<logo>", filename="logo.png", disposition="inline")
    made.make_mixed()
    attach(made, "photo.png", b"\x89PNG", "image/png")
    attach(made, "smime.p7s", b"x", "application/pkcs7-signature")
    assert [one.name for one in told(tmp_path, made)] == ["photo.png"]


def test_more_than_a_mail_should_have_are_counted_and_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "MAX_ATTACHMENTS", 3)
    made = mail()
    for number in range(5):
        attach(made, f"{number}.txt")
    path = tmp_path / "a.eml"
    path.write_bytes(made.as_bytes())
    found, errors = attachments_of(path)
    assert [one.name for one in found] == ["0.txt", "1.txt", "2.txt"]
    assert [error.message for error in errors] == ["It has 5 attachments; the first 3 are taken."]


def test_a_mail_that_is_nothing_but_nesting_ends_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    levels = 3000
    head = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(levels))
    path.write_bytes(b"Subject: x\nFrom: a@b\nMIME-Version: 1.0\n" + head + b"Content-Type: text/plain\n\nA.")
    found, errors = attachments_of(path)
    assert (found, [error.category for error in errors]) == ([], ["attachments"])


def test_the_conversion_brings_them_and_a_mail_without_any_has_none(tmp_path: Path) -> None:
    made = mail()
    attach(made, "plan.txt", b"The plan.", "text/plain")
    for path, data, wanted in ((tmp_path / "a.eml", made, ["plan.txt"]), (tmp_path / "b.eml", mail(), [])):
        path.write_bytes(data.as_bytes())
        converted = EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**6, max_pages=9), version="v")
        assert [one.name for one in converted.attachments] == wanted
        assert "Water rises." in converted.markdown


def test_a_mail_says_what_came_with_it_and_none_of_its_words_whoever_converts(tmp_path: Path) -> None:
    inner = mail("Inner", "Deep water.")
    attach(inner, "deep.txt", b"Deeper.", "text/plain")
    outer = mail()
    outer.add_attachment(inner)
    attach(outer, "../plan.txt", b"The plan.", "text/plain")
    path = tmp_path / "a.eml"
    path.write_bytes(outer.as_bytes())
    inspection = inspect_file(path, max_bytes=10**6, max_pages=9)
    made = [EmbeddedEngine().convert_file(path, inspection, version="v").markdown for _ in range(2)]
    assert made[0] == made[1]
    assert "Water rises." in made[0]
    assert made[0].endswith("## Attachments\n\n- Inner.eml (message/rfc822)\n- plan.txt (text/plain)")
    assert not any(words in made[0] for words in ("Deep water", "deep.txt", "The plan."))
    sent = source_bytes(path, inspection).getvalue()
    assert (b"Water rises." in sent, b"Deep water." in sent) == (True, False)


def test_a_mail_that_nothing_came_with_is_converted_as_it_is() -> None:
    plain = b"Subject: x\r\nFrom: a@b\r\n\r\nA  line.\r\n"
    assert remove_attachments(plain) is plain
    assert remove_attachments(b"\xff\xfeS\0u\0") == b"\xff\xfeS\0u\0"


def test_real_mails_are_read_and_their_attachments_are_those_that_were_sent(corpora: Path) -> None:
    mails = sorted((corpora / "documents" / "unstructured" / "eml").glob("*.eml"))
    found = {path.name: [(one.name, one.size) for one in attachments_of(path)[0]] for path in mails}
    assert len(found) >= 20
    assert {name: listed for name, listed in found.items() if listed} == {
        "email-equals-attachment-filename.eml": [("odd=file=name.txt", 13)],
        "fake-encrypted.eml": [("attachment-1.pgp", 11), ("attachment-2.bin", 373)],
        "mime-attach-mp3.eml": [("sample-3s.mp3", 52079)],
    }
