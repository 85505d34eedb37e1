"""An edit changes the identity of the chunks around it and of no others."""

from __future__ import annotations

import random

import pytest
from docling_core.types.doc import DocItemLabel, DoclingDocument

from tests.fathom.chunking.conftest import Chunked

WORDS = "harbour crane stone ship pier rope night winter captain mason ledger depth storm light signal quay iron wall"
NEW = "On Tuesday a letter came from the ministry. It asked for a new survey of the northern quay."


def paragraphs(seed: int, count: int, lengths: tuple[int, int]) -> list[str]:
    chance, words = random.Random(seed), WORDS.split()
    return [" ".join(chance.choice(words) for _ in range(chance.randint(*lengths))).capitalize() + "." for _ in range(count)]


def document_of(texts: list[str], heading_every: int | None, in_front: str = "") -> DoclingDocument:
    document = DoclingDocument(name="d")
    document.add_title("The Harbour")
    if in_front:
        document.add_text(DocItemLabel.TEXT, in_front)
    for index, text in enumerate(texts):
        if heading_every and index % heading_every == heading_every - 1:
            document.add_heading(f"Part {index // heading_every}", level=1)
        document.add_text(DocItemLabel.TEXT, text)
    return document


def changed(chunked: Chunked, before: DoclingDocument, after: DoclingDocument) -> tuple[int, int, int]:
    """Chunks there were, those gone, those new."""
    old, new = ({chunk.id for chunk in chunked(document, max_tokens=256).chunks} for document in (before, after))
    return len(old), len(old - new), len(new - old)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("lengths", [(5, 30), (20, 120), (80, 200), (300, 900)], ids=str)
@pytest.mark.parametrize("heading_every", [None, 9], ids=["without headings", "with headings"])
def test_a_paragraph_put_in_front_of_a_long_document_changes_at_most_three_chunks(
    chunked: Chunked, seed: int, lengths: tuple[int, int], heading_every: int | None
) -> None:
    texts = paragraphs(seed, 24_000 // sum(lengths) * 2, lengths)
    total, gone, new = changed(chunked, document_of(texts, heading_every), document_of(texts, heading_every, in_front=NEW))
    assert total >= 100
    assert gone <= 3
    assert new <= 3


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("where", [0.25, 0.5, 1.0])
def test_a_paragraph_put_elsewhere_leaves_nine_tenths_of_the_chunks_as_they_were(
    chunked: Chunked, seed: int, where: float
) -> None:
    texts = paragraphs(seed, 400, (20, 120))
    place = int(len(texts) * where)
    total, gone, new = changed(chunked, document_of(texts, None), document_of([*texts[:place], NEW, *texts[place:]], None))
    assert total >= 100
    assert max(gone, new) <= total // 10


def test_equal_texts_in_one_document_have_identities_of_their_own(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    for part in ("North", "South"):
        document.add_heading(part, level=1)
        document.add_text(DocItemLabel.TEXT, "Nothing to report.")
    first, second = chunked(document).chunks
    assert first.text == second.text
    assert first.id != second.id


def test_the_same_document_gives_the_same_chunks_byte_for_byte(chunked: Chunked) -> None:
    texts = paragraphs(1, 60, (20, 120))
    first, second = (chunked(document_of(texts, 9)) for _ in range(2))
    assert [c.model_dump_json() for c in first.chunks] == [c.model_dump_json() for c in second.chunks]
