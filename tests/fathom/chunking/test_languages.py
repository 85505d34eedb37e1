"""Chunks say in which language they are; short ones follow the document."""

from __future__ import annotations

import pytest

from fathom.chunking.chunk import Chunk
from fathom.chunking.languages import language_of, with_languages

TEXTS = {
    "en": "The oyster beds below the bridge were surveyed again after the winter storms.",
    "de": "Die Austernbänke unterhalb der Brücke wurden nach den Winterstürmen erneut vermessen.",
    "fr": "Le conseil municipal a décidé de fermer le pont jusqu'au printemps prochain.",
    "es": "El ayuntamiento decidió cerrar el puente hasta la próxima primavera.",
    "ja": "東京都は日本の首都であり、世界最大の都市圏の一つである。橋は来年の春まで閉鎖される。",
    "ar": "قرر المجلس البلدي إغلاق الجسر حتى الربيع القادم بعد العواصف الشتوية.",
}


def chunk(text: str, position: int = 0) -> Chunk:
    """A chunk of that text."""
    return Chunk(id=str(position), document="c/a.md", position=position, text=text, headings=[], pages=[], items=[], tokens=9)


@pytest.mark.parametrize(("code", "text"), TEXTS.items())
def test_a_sentence_tells_its_language(code: str, text: str) -> None:
    assert language_of(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Plymouth",
        "17.5 | 18.0 | 19.2 | 44.1",
        "A-320 / 44",
        "2019-05-04",
        "aGVsbG8gd29ybGQgdGhpcyBpcyBiYXNlNjQgZW5jb2RlZA==",
    ],
)
def test_a_name_or_numbers_are_in_no_language(text: str) -> None:
    assert language_of(text) is None


def test_a_short_chunk_is_in_the_language_of_most_of_its_document() -> None:
    texts = [TEXTS["fr"], "Plymouth", TEXTS["en"], TEXTS["fr"]]
    chunks = with_languages([chunk(text, position) for position, text in enumerate(texts)])
    assert [one.language for one in chunks] == ["fr", "fr", "en", "fr"]


def test_a_document_of_numbers_alone_is_in_none() -> None:
    assert with_languages([chunk("1 2 3")])[0].language is None
