"""Hostile AsciiDoc ends with a name for what is wrong, and long texts take time in proportion to their length."""

from __future__ import annotations

import time

import pytest

from fathom.conversion.docling_backends.asciidoc.asciidoc_blocks import BlockReader
from fathom.conversion.docling_backends.asciidoc.asciidoc_inline import AsciidocInlineReader
from fathom.conversion.docling_backends.asciidoc.asciidoc_notes import Notes
from fathom.conversion.docling_backends.asciidoc.asciidoc_references import References
from fathom.conversion.docling_backends.asciidoc.attributes import Attributes
from fathom.conversion.docling_backends.asciidoc.cursor import Cursor
from fathom.conversion.docling_backends.asciidoc.preprocessor import preprocess
from fathom.errors import ArchiveBomb, DocumentTooLarge, FathomError, NestedTooDeep

pytestmark = pytest.mark.hostile

LEAST = 0.05  # seconds below which two times say nothing of one another


def read(text: str) -> int:
    """The number of blocks in the text."""
    lines, _ = preprocess(text)
    inline = AsciidocInlineReader(Attributes(), References(lines, Attributes()), Notes())
    return len(BlockReader(inline).read(Cursor(lines)))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "".join(f":a{n + 1}: {{a{n}}}{{a{n}}}{{a{n}}}\n" for n in range(40)).replace("{a0}", "xxxxxxxxxx") + "\n{a40}\n",
            ArchiveBomb,
        ),
        (":a: " + "x" * 9_000 + "\n\n" + "{a} " * 9_000, ArchiveBomb),
        ("\n".join("=" * (4 + n) for n in range(500)), NestedTooDeep),
        ("\n".join("  " * n + "* a" for n in range(500)), NestedTooDeep),
        ("|===\n" + "999*|x\n" * 2_000 + "|===\n", DocumentTooLarge),
    ],
)
def test_growth_and_nesting_without_end_are_refused(text: str, error: type[FathomError]) -> None:
    with pytest.raises(error):
        read(text)


def test_titles_that_refer_to_themselves_are_read_once() -> None:
    title = "xref:a[]" * 8
    assert read(f"[[a]]\n== {title}\n\nSee <<a>> and <<a>>.\n") == 2


@pytest.mark.parametrize(
    "piece",
    ["*a ", "**a ", "[", "link:a[", "<<a ", "((", "+a ", "`a ", "[a]#b ", "a", "https://a", "a@", "~a ",
     '"`a ', "footnote:[", "a: ", "* a\n** b\n", "----\nx\n", "a:: b\n", "|===\n|a\n", "ifdef::a[]\n", "[[a", ". ", "{a}"],
)  # fmt: skip
def test_time_grows_with_the_length_of_the_text(piece: str) -> None:
    def seconds(count: int) -> float:
        begun = time.process_time()
        read(piece * count)
        return time.process_time() - begun

    seconds(100)
    few, many = seconds(1000), seconds(8000)
    assert many < max(few, LEAST) * 8 * 4
