"""Which way the text of a mail part is decoded, and why not by those before it."""

from __future__ import annotations

import codecs

import pytest

from fathom.conversion.email.charsets import DECODING, EncodedText, decode_bytes

WORDS = "Grüße aus Köln, wo der Rhein fließt."


@pytest.mark.parametrize(
    ("data", "declared", "strategy"),
    [
        (codecs.BOM_UTF8 + WORDS.encode(), "koi8-r", "byte order mark"),
        (WORDS.encode(), "cp1252", "UTF-8 where the declared encoding takes any byte"),
        (WORDS.encode("cp1252"), "cp1252", "declared encoding"),
        (WORDS.encode(), None, "UTF-8"),
        (WORDS.encode(), "ascii", "UTF-8"),
        (WORDS.encode() * 9 + b"\xff", "utf-8", "declared encoding with few invalid bytes"),
        (WORDS.encode("cp1252"), "utf-8", "likeliest encoding"),
    ],
)
def test_a_text_is_decoded_by_the_first_encoding_that_holds(data: bytes, declared: str | None, strategy: str) -> None:
    assert DECODING.run(EncodedText(data, declared)).strategy == strategy


def test_a_wrong_declaration_does_not_change_the_text() -> None:
    assert decode_bytes(WORDS.encode(), "windows-1252") == WORDS
    assert decode_bytes(WORDS.encode("cp1252"), "utf-8") == WORDS


def test_each_way_that_did_not_hold_says_why() -> None:
    why = DECODING.run(EncodedText(WORDS.encode("cp1252"), None)).why
    assert why[2] == "declared encoding: No known encoding is declared."
    assert "can't decode byte" in why[3]
