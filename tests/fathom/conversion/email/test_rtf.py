"""Rich text of Outlook is unpacked and read, as HTML where it was HTML."""

from __future__ import annotations

import pytest

from fathom.conversion.email.rtf import decompress_rtf, text_of_rtf


@pytest.mark.parametrize(
    ("packed", "rtf"),
    [  # the examples of [MS-OXRTFCP]
        (
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        ("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0", b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
        ("2000000010000000" + b"MELA".hex() + "00000000" + b"{\\rtf1 stored!!}".hex(), b"{\\rtf1 stored!!}"),
        ("00", b""),
        ("2000000010000000ffffffff00000000aabb", b""),
        ("2000000010000000" + b"LZFu".hex() + "00000000ff", b""),
    ],
)
def test_packed_rich_text_is_unpacked(packed: str, rtf: bytes) -> None:
    assert decompress_rtf(bytes.fromhex(packed)) == rtf


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 One\par Two \b bold\b0 ed\par}", "One\nTwo bolded\n"),
        (rb"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2}", "Привет"),
        (rb"{\rtf1\ansi\uc1 caf\u233 ? \u-10179?\u-8704? {\*\unknown not this}end}", "café \U0001f600 end"),
        (rb"{\rtf1 a\{b\}\\c\~d{\pict 0102}\tab e}", "a{b}\\c\u00a0d\te"),
        (rb"{\rtf1\ansicpg99999 x\'e5}", "xå"),
        (b"no rtf", ""),
    ],
)
def test_plain_rich_text_is_its_words(rtf: bytes, text: str) -> None:
    assert text_of_rtf(rtf) == (text, False)


def test_html_that_was_put_into_rich_text_is_html_again() -> None:
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}{\*\htmltag19 <html>}{\*\htmltag64 <p>}"
        rb"\htmlrtf {\htmlrtf0 Caf\'e9 {\*\htmltag84 <b>}\htmlrtf {\b \htmlrtf0 open{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0"
        rb"\htmlrtf\par}\htmlrtf0 {\*\htmltag72 </p>}{\*\htmltag27 </html>}}"
    )
    assert text_of_rtf(rtf) == ("<html><p>Café <b>open</b></p></html>", True)


def test_rich_text_without_end_takes_no_longer_than_its_length() -> None:
    assert text_of_rtf(b"{\\rtf1" + b"{" * 200_000 + b"x")[0] == "x"
