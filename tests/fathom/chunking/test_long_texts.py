"""However long a line is, chunking it costs time and memory in proportion."""

from __future__ import annotations

import pytest
from docling_core.types.doc import DoclingDocument
from docling_core.types.doc.labels import DocItemLabel
from pydantic import AnyUrl

from fathom.chunking.chunker import CHARACTERS_PER_TOKEN, chunk_document
from fathom.chunking.units import MAX_CUT_LINKS, LinksInOrder
from fathom.conversion.structure.document_inline import Hyperlink
from fathom.errors import ChunkingTimedOut
from tests.fathom.chunking.conftest import converted

MAX_TOKENS = 64
LINES = {
    "JSON on one line": '{"id": 7, "name": "Station 7", "note": "The gauge was read at noon."},',
    "Base64": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w",
    "dots": "." * 60,
    "sentences that end in a number": "It was 3. " * 6,
    "one word of letters": "a" * 60,
    "blanks and words": "tide \t ",
}


class CountedTokens:
    """Counts words as tokens, and all that it is asked to count."""

    def __init__(self) -> None:
        self.characters = 0
        self.longest = 0

    def __call__(self, text: str) -> int:
        self.characters += len(text)
        self.longest = max(self.longest, len(text))
        return len(text.split()) + 2


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_tokens_are_counted_of_pieces_only_and_in_proportion_to_the_text(line: str) -> None:
    costs = []
    for copies in (400, 1600):
        document = DoclingDocument(name="d")
        document.add_text(label=DocItemLabel.TEXT, text=line * copies)
        counted = CountedTokens()
        result = chunk_document(converted(document), document="c/d", max_tokens=MAX_TOKENS, count_tokens=counted)
        assert counted.longest <= MAX_TOKENS * CHARACTERS_PER_TOKEN
        assert "".join("".join(chunk.text.split()) for chunk in result.chunks) == "".join((line * copies).split())
        assert result.covered == 1.0
        costs.append(counted.characters / (len(line) * copies))
    assert costs[1] < 1.3 * costs[0]


def test_many_headings_are_looked_for_in_proportion_too() -> None:
    document = DoclingDocument(name="d")
    for number in range(3000):
        document.add_heading(f"Gauge {number} of the northern line", level=1)
        document.add_text(label=DocItemLabel.TEXT, text=f"Reading {number}.")
    result = chunk_document(converted(document), document="c/d", max_tokens=MAX_TOKENS, count_tokens=CountedTokens())
    assert result.covered == 1.0


def test_chunking_that_takes_too_long_ends_with_a_named_error() -> None:
    document = DoclingDocument(name="d")
    document.add_text(label=DocItemLabel.TEXT, text="The tide rose at noon. " * 200)
    with pytest.raises(ChunkingTimedOut, match="longer than 0 s") as caught:
        chunk_document(converted(document), document="c/d", max_tokens=MAX_TOKENS, count_tokens=CountedTokens(), within_s=0.0)
    assert caught.value.document == "c/d"


def test_each_chunk_of_a_long_text_has_the_links_that_stand_in_it() -> None:
    document = DoclingDocument(name="d")
    group = document.add_inline_group()
    for number in range(120):
        document.add_text(label=DocItemLabel.TEXT, text="and then the", parent=group)
        url = AnyUrl(f"https://tides.example/{number}")
        document.add_text(label=DocItemLabel.TEXT, text=f"gauge-{number}", parent=group, hyperlink=url)
    result = chunk_document(converted(document), document="c/d", max_tokens=MAX_TOKENS, count_tokens=CountedTokens())
    assert len(result.chunks) > 4
    assert [link.url for chunk in result.chunks for link in chunk.links] == [f"https://tides.example/{n}" for n in range(120)]
    assert all(link.text in chunk.text for chunk in result.chunks for link in chunk.links)


def test_a_link_that_was_cut_in_two_takes_no_other_link_along() -> None:
    links = LinksInOrder([Hyperlink("the long name", "u1"), Hyperlink("gauge", "u2"), Hyperlink("far", "u3")])
    assert links.within("here is the long") == ()
    assert [link.url for link in links.within("name of the gauge")] == ["u1", "u2"]
    assert [link.url for link in links.within("and far")] == ["u3"]
    assert MAX_CUT_LINKS > 1
