"""Of a mail that part is read which says most, and each part that is not read is named."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from pathlib import Path

import pytest

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument

HEADERS = b"From: ann@example.org\nTo: bob@example.org\nSubject: Tides\nMIME-Version: 1.0\n"
HEADERS_SHOWN = "# Tides\n\nFrom: ann@example.org\n\nTo: bob@example.org\n\n"
HTML = "<html><body>{}</body></html>"


def read(tmp_path: Path, mail: bytes | EmailMessage) -> ConvertedDocument:
    path = tmp_path / "a.eml"
    path.write_bytes(mail if isinstance(mail, bytes) else mail.as_bytes())
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**7, max_pages=9), version="0" * 64)


def body_of(tmp_path: Path, mail: bytes | EmailMessage) -> str:
    """The Markdown of the mail behind its headers."""
    return read(tmp_path, mail).markdown.removeprefix(HEADERS_SHOWN)


def alternatives(plain: str, html: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ann@example.org", "bob@example.org", "Tides"
    mail.set_content(plain)
    mail.add_alternative(HTML.format(html), subtype="html")
    return mail


def part(kind: str, text: str | bytes, more: str = "") -> bytes:
    data = text if isinstance(text, bytes) else text.encode()
    return f"--b\nContent-Type: {kind}\n{more}\n".encode() + data + b"\n"


def several(kind: str, *parts: bytes) -> bytes:
    return HEADERS + f'Content-Type: {kind}; boundary="b"\n\n'.encode() + b"".join(parts) + b"--b--\n"


@pytest.mark.parametrize(
    ("plain", "html", "shown"),
    [
        ("Your program shows no HTML.", "<h2>Berth B3</h2><p>From 9 May to 30 June, paid.</p>", "### Berth B3"),
        ("Your program shows no HTML.", "<p>Ebb tide</p>", "Ebb tide"),
        ("Your program shows no HTML.", "<p>tide http://example.org/a_b</p>", "tide http://example.org/a_b"),
        ("K1 40", "<table><tr><th>Crate<th>Kg<tr><td>K1<td>40</table>", "| K1 | 40 |"),
        ("Read the list here", "<p>Read the list <a href='https://a.example/x'>here</a></p>", "[here](https://a.example/x)"),
        ("- one\n- two", "<ul><li>one<li>two</ul>", "- one\n- two"),
        ("", "<p>Only rich</p>", "Only rich"),
        ("The sluice opens at noon.\n\nBring ropes.", "<p>The sluice opens at noon.</p><p>Bring ropes.</p>", "Bring ropes."),
        ("A long letter with all of its words\nand more", "<p>View</p>", "A long letter with all of its words  \nand more"),
        (
            "Look: https://a.example/x",
            "<p>Look: <a href='https://a.example/x'>https://a.example/x</a></p>",
            "Look: https://a.example/x",
        ),
    ],
)
def test_the_alternative_that_says_more_is_read(tmp_path: Path, plain: str, html: str, shown: str) -> None:
    found = body_of(tmp_path, alternatives(plain, html))
    assert shown in found
    assert found.count("one") <= 1


def test_plain_text_is_never_taken_for_markdown(tmp_path: Path) -> None:
    mail = HEADERS + b"Content-Type: text/plain\n\n# 3 frames are late\n* not a list\n1. cost < 5\n"
    assert body_of(tmp_path, mail) == "\\# 3 frames are late  \n\\* not a list  \n1\\. cost < 5"


def test_lines_that_were_wrapped_to_be_sent_are_joined(tmp_path: Path) -> None:
    text = b"The keel was laid \non Monday.\n\n> On Friday \n> Bo wrote:\n>> When?\n\n-- \nBo"
    flowed = HEADERS + b"Content-Type: text/plain; format=flowed\n\n" + text
    assert body_of(tmp_path, flowed) == "The keel was laid on Monday.\n\n\\> On Friday Bo wrote:  \n\\>> When?\n\n--  \nBo"
    joined = HEADERS + b"Content-Type: text/plain; format=flowed; delsp=yes\n\nsub \nmarine"
    assert body_of(tmp_path, joined) == "submarine"


@pytest.mark.parametrize(
    ("charset", "data", "shown"),
    [
        ("utf-8", "Blåbær".encode("cp1252"), "Blåbær"),
        ("iso-8859-1", "Blåbær – 5 €".encode("cp1252"), "Blåbær – 5 €"),
        ("iso-8859-1", "Blåbær".encode(), "Blåbær"),
        ("us-ascii", "Blåbær".encode(), "Blåbær"),
        ("gb2312", "潮汐表镕".encode("gb18030"), "潮汐表镕"),
        ("x-nonsense", "Blåbær".encode(), "Blåbær"),
        ('"koi8-r"', "Шлюз открыт".encode("koi8-r"), "Шлюз открыт"),
    ],
)
def test_text_is_decoded_where_the_mail_says_the_wrong_encoding(tmp_path: Path, charset: str, data: bytes, shown: str) -> None:
    mail = HEADERS + f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n".encode() + data
    assert body_of(tmp_path, mail) == shown


def test_html_without_an_encoding_in_the_mail_is_read_as_it_says_itself(tmp_path: Path) -> None:
    html = "<html><head><meta charset=windows-1251></head><body><p>Шлюз</p></body></html>".encode("cp1251")
    mail = HEADERS + b"Content-Type: text/html\nContent-Transfer-Encoding: 8bit\n\n" + html
    assert body_of(tmp_path, mail) == "Шлюз"


def test_parts_of_a_mixed_mail_are_read_in_order(tmp_path: Path) -> None:
    mail = several(
        "multipart/mixed",
        part("text/plain", "First."),
        part("text/html", "<p>Second <b>one</b></p>"),
        part("text/plain", "Third."),
    )
    assert body_of(tmp_path, mail) == "First.\n\nSecond **one**\n\nThird."


def test_pictures_and_parts_of_unknown_kinds_are_named(tmp_path: Path) -> None:
    picture = part("image/png; name=logo.png", b"iVBORw0KGgo=", "Content-ID: <l>\nContent-Transfer-Encoding: base64\n")
    html = part("text/html", "<p>Hi <img src='cid:l' alt='Logo'></p>")
    found = read(tmp_path, several("multipart/related", html, picture))
    assert found.markdown.removeprefix(HEADERS_SHOWN) == "Hi\n\nLogo"
    assert [(n.kind, n.count) for n in found.report.notices] == [("inline_pictures_not_taken", 1)]
    assert "logo.png" in found.report.notices[0].message
    signature = part("application/pgp-signature; name=signature.asc", "x")
    signed = read(tmp_path, several("multipart/signed", part("text/plain", "Signed."), signature))
    assert [(n.kind, "signature.asc" in n.message) for n in signed.report.notices] == [("mail_parts_not_taken", True)]


def test_the_report_of_a_bounce_is_read(tmp_path: Path) -> None:
    report = "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.1.1\n"
    mail = several("multipart/report", part("text/plain", "It came back."), part("message/delivery-status", report))
    found = read(tmp_path, mail)
    assert found.markdown.removeprefix(HEADERS_SHOWN) == (
        "It came back.\n\nReporting-MTA: dns; mx.example.org\n\n"
        "Final-Recipient: rfc822; bob@example.org  \nAction: failed  \nStatus: 5.1.1"
    )
    assert not found.report.notices


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Only words, no boundary.", "Only words, no boundary."), ("<html><body><h1>Berth</h1></body></html>", "## Berth")],
)
def test_a_mail_whose_boundary_is_missing_keeps_its_words(tmp_path: Path, text: str, shown: str) -> None:
    mail = HEADERS + f'Content-Type: multipart/mixed; boundary="none"\n\n{text}\n'.encode()
    assert body_of(tmp_path, mail) == shown


def test_what_a_list_writes_behind_a_text_in_base64_is_no_part_of_it(tmp_path: Path) -> None:
    coded = base64.encodebytes("Blåbær koster 20 kr., smør tretti.".encode()).decode()
    mail = HEADERS + f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{coded}".encode()
    assert body_of(tmp_path, mail + b"\n--\nSent by the harbour list\n") == (
        "Blåbær koster 20 kr., smør tretti.\n\n--  \nSent by the harbour list"
    )


def test_a_digest_names_its_mails_once(tmp_path: Path) -> None:
    inner = b"--d\n\nFrom: a@example.org\nSubject: Rope\n\nRope words.\n--d--\n"
    found = read(
        tmp_path, several("multipart/mixed", part("text/plain", "Topics"), part('multipart/digest; boundary="d"', inner))
    )
    assert "- Rope.eml (message/rfc822)" in found.markdown
    assert not found.report.notices


def test_text_that_is_rtf_is_named_and_not_shown(tmp_path: Path) -> None:
    found = read(tmp_path, several("multipart/mixed", part("text/plain", "Body."), part("text/rtf", "{\\rtf1 hello}")))
    assert "rtf1" not in found.markdown
    assert "text/rtf" in found.report.notices[0].message


def test_text_that_a_mail_hides_from_its_readers_is_named(tmp_path: Path) -> None:
    found = read(tmp_path, alternatives("x", "<div style='display:none'>Preview</div><h2>Offer</h2><p>Rope at 45.</p>"))
    assert ("Preview" in found.markdown, "Preview" in found.report.notices[0].message) == (False, True)


def test_a_saved_page_is_a_page_with_the_pages_in_it(tmp_path: Path) -> None:
    frame = part("text/html", "<p>Inner page.</p>", "Content-ID: <frame-1@mhtml>\nContent-Location: https://p.example/f\n")
    style = part("text/css", "p{color:red}", "Content-Location: https://p.example/s.css\n")
    picture = part("image/png", b"x", "Content-Location: https://p.example/x.png\n")
    page = part(
        "text/html",
        HTML.format("<h1>Walls</h1><p>See <a href='b.html'>more</a>.</p><iframe src='cid:frame-1@mhtml'></iframe>"),
        "Content-Location: https://p.example/a/\n",
    )
    head = b"From: <Saved by Blink>\nSnapshot-Content-Location: https://p.example/a/\nSubject: Walls\nMIME-Version: 1.0\n"
    mail = (
        head
        + b'Content-Type: multipart/related; type="text/html"; boundary="b"\n\n'
        + page
        + frame
        + style
        + picture
        + b"--b--\n"
    )
    found = read(tmp_path, mail)
    assert found.markdown == "# Walls\n\nSee [more](https://p.example/a/b.html).\n\nInner page."
    assert found.attachments == []


def test_a_mail_without_any_text_keeps_its_headers(tmp_path: Path) -> None:
    assert read(tmp_path, HEADERS + b"Content-Type: text/plain\n\n \n").markdown == HEADERS_SHOWN.strip()


def test_lines_that_the_author_broke_stay(tmp_path: Path) -> None:
    points = (
        "Our meeting points, each of them on a line of its own, are these here:\n"
        "Monday at the harbour office by the northern gate, 08:00\n"
        "Tuesday at the boat club near the southern bridge, 09:30"
    )
    assert body_of(tmp_path, HEADERS + f"\n{points}\n".encode()) == points.replace("\n", "  \n")


def test_a_signature_keeps_its_lines(tmp_path: Path) -> None:
    lines = "Ann Example, Harbour Office of the Municipality of Bergen, Norway\nand of the county, third floor on the left"
    found = body_of(tmp_path, HEADERS + f"\nGood day\n-- \n{lines}\n".encode())
    assert found == "Good day\n\n--  \n" + lines.replace("\n", "  \n")


def test_columns_of_a_plain_text_keep_their_blanks(tmp_path: Path) -> None:
    columns = "Item            Qty   Price\nRope, 12 mm      40    120\nTotal                  120"
    found = body_of(tmp_path, HEADERS + f"\nYour order:\n{columns}\nThank you.\n".encode())
    assert found == f"Your order:\n\n```\n{columns}\n```\n\nThank you."
