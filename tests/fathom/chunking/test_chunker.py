"""Chunks are bounded, whole, in order, below their headings, and hold all the document says."""

from __future__ import annotations

import re

import pytest
from docling_core.types.doc import (
    ContentLayer,
    DocItemLabel,
    DoclingDocument,
    GroupLabel,
    TableCell,
    TableData,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fathom.chunking.chunker import TokenCounter, chunk_document
from fathom.chunking.sentences import sentence_spans
from fathom.conversion.report import ConversionReport, ConvertedDocument, DocumentKind
from fathom.errors import ChunkingFailed, UsageWrong
from tests.fathom.chunking.conftest import Chunked, converted

TEXTS = st.text(
    alphabet=st.sampled_from("aábcdeXYZ ..!?  \n\n,;:()|0179-日本語文。字ชาวไทยعربي🙂\u00a0\u200b\t"), min_size=0, max_size=600
)
PARAGRAPHS = st.one_of(
    TEXTS,
    st.lists(st.sampled_from(["Harbour", "crane", "rebuilt", "in", "1987", "Dr. Holm", "saw", "it."]), max_size=400).map(
        " ".join
    ),
    st.integers(1, 9000).map(lambda n: "x" * n),
)
ITEMS = st.one_of(
    st.tuples(st.just("heading"), TEXTS, st.integers(1, 4)),
    st.tuples(st.just("title"), PARAGRAPHS, st.just(0)),
    st.tuples(st.just("text"), PARAGRAPHS, st.just(0)),
    st.tuples(st.just("list"), PARAGRAPHS, st.integers(1, 4)),
    st.tuples(st.just("code"), PARAGRAPHS, st.just(0)),
    st.tuples(st.just("table"), TEXTS, st.integers(1, 6)),
)


def built(items: list[tuple[str, str, int]]) -> DoclingDocument:
    document = DoclingDocument(name="generated")
    for kind, text, number in items:
        if kind == "heading":
            document.add_heading(text, level=number)
        elif kind == "title":
            document.add_title(text)
        elif kind == "list":
            group = document.add_list_group()
            for index in range(number):
                document.add_list_item(f"{text} {index}", parent=group)
        elif kind == "code":
            document.add_code(text)
        elif kind == "table":
            document.add_table(data=table([["Name", "Note"], *([f"n{i}", text] for i in range(number))]))
        else:
            document.add_text(DocItemLabel.TEXT, text)
    return document


def table(rows: list[list[str]], headers: int = 1) -> TableData:
    cells = [
        TableCell(
            text=text,
            start_row_offset_idx=r,
            end_row_offset_idx=r + 1,
            start_col_offset_idx=c,
            end_col_offset_idx=c + 1,
            column_header=r < headers,
        )
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    ]
    return TableData(num_rows=len(rows), num_cols=max(map(len, rows), default=0), table_cells=cells)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(items=st.lists(ITEMS, max_size=8), max_tokens=st.integers(32, 300))
def test_no_chunk_is_over_the_bound_and_no_word_is_lost(
    items: list[tuple[str, str, int]], max_tokens: int, count_tokens: TokenCounter
) -> None:
    source = converted(built(items))
    result = chunk_document(source, document="c/d", max_tokens=max_tokens, count_tokens=count_tokens)
    for position, chunk in enumerate(result.chunks):
        assert chunk.position == position
        assert chunk.tokens == count_tokens(chunk.embedding_text) <= max_tokens
        assert chunk.items
        assert chunk.text.strip()
    assert len({chunk.id for chunk in result.chunks}) == len(result.chunks)
    said = squeezed("".join("".join([*chunk.headings, chunk.text]) for chunk in result.chunks))
    for kind, text, _ in items:
        if kind in ("text", "code"):
            assert all(letter in said for letter in set(squeezed(text)))
    assert result.covered > 0.9
    again = chunk_document(source, document="c/d", max_tokens=max_tokens, count_tokens=count_tokens)
    assert again.chunks == result.chunks


def squeezed(text: str) -> str:
    return "".join(re.findall(r"\w+", text))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(paragraphs=st.lists(PARAGRAPHS, max_size=12))
def test_paragraphs_stand_in_the_chunks_in_order_to_the_letter(paragraphs: list[str], chunked: Chunked) -> None:
    result = chunked(built([("text", text, 0) for text in paragraphs]))
    assert squeezed("".join(chunk.text for chunk in result.chunks)) == squeezed("".join(paragraphs))
    assert result.covered == 1.0


def test_headings_stand_outermost_first_and_end_with_their_section(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    document.add_text(DocItemLabel.TEXT, "Before any heading.")
    document.add_title("The Harbour")
    document.add_heading("Cranes", level=1)
    document.add_heading("Old ones", level=2)
    document.add_text(DocItemLabel.TEXT, "Two of them stood there.")
    document.add_heading("Ships", level=1)
    document.add_text(DocItemLabel.TEXT, "They came at night.")
    assert [(chunk.headings, chunk.text) for chunk in chunked(document).chunks] == [
        ([], "Before any heading."),
        (["The Harbour", "Cranes", "Old ones"], "Two of them stood there."),
        (["The Harbour", "Ships"], "They came at night."),
    ]


def test_a_heading_with_nothing_below_it_is_kept(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    document.add_title("The Harbour")
    document.add_heading("Closed since May", level=1)
    document.add_heading("Sold in June", level=1)
    (chunk,) = chunked(document).chunks
    assert (chunk.headings, chunk.text) == (["The Harbour"], "Closed since May\n\nSold in June")


def test_a_heading_too_long_for_its_chunk_is_cut_there_and_kept_whole_as_text(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    heading = " ".join(f"word{n}" for n in range(60))
    document.add_heading(heading, level=1)
    document.add_text(DocItemLabel.TEXT, "Below it.")
    result = chunked(document, max_tokens=256)
    assert result.chunks[0].text == heading
    assert result.chunks[1].text == "Below it."
    assert result.chunks[1].headings[0].endswith("…")
    assert heading.startswith(result.chunks[1].headings[0].removesuffix(" …"))


def test_small_neighbours_under_one_heading_share_a_chunk(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    document.add_heading("Crew", level=1)
    for name in ("Ana sailed.", "Bo cooked.", "Cy slept."):
        document.add_text(DocItemLabel.TEXT, name)
    assert [chunk.text for chunk in chunked(document).chunks] == ["Ana sailed.\n\nBo cooked.\n\nCy slept."]


def test_running_headers_and_page_numbers_are_in_no_chunk_and_not_missed(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    document.add_text(DocItemLabel.PAGE_HEADER, "Annual report 2031", content_layer=ContentLayer.FURNITURE)
    document.add_text(DocItemLabel.TEXT, "The pier was rebuilt.")
    document.add_text(DocItemLabel.PAGE_FOOTER, "17", content_layer=ContentLayer.FURNITURE)
    result = chunked(document)
    assert [chunk.text for chunk in result.chunks] == ["The pier was rebuilt."]
    assert result.covered == 1.0


def test_a_paragraph_that_is_too_long_is_cut_between_sentences(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    sentences = [f"Dr. Holm measured the depth at pier {n} on 3 May 2031 with care." for n in range(40)]
    document.add_text(DocItemLabel.TEXT, " ".join(sentences))
    result = chunked(document)
    assert len(result.chunks) > 1
    found = [chunk.text[slice(*span)] for chunk in result.chunks for span in sentence_spans(chunk.text)]
    assert found == sentences


def test_a_list_item_that_fits_is_never_cut_and_keeps_its_marker_and_depth(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    group = document.add_list_group()
    for n in range(30):
        item = document.add_list_item(f"Step {n}. Lift the stone. Then set it down again.", enumerated=True, parent=group)
        inner = document.add_list_group(parent=item)
        document.add_list_item(f"with rope {n}", parent=inner)
    result = chunked(document)
    assert len(result.chunks) > 2
    lines = [line for chunk in result.chunks for line in chunk.text.split("\n")]
    assert lines[:4] == [
        "1. Step 0. Lift the stone. Then set it down again.",
        "  - with rope 0",
        "2. Step 1. Lift the stone. Then set it down again.",
        "  - with rope 1",
    ]
    assert len(lines) == 60
    assert {chunk.kind for chunk in result.chunks} == {"list"}


def test_a_line_that_opens_a_list_stands_with_it(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    for n in range(12):
        document.add_text(
            DocItemLabel.TEXT, f"Paragraph {n} says that the mole of the harbour was rebuilt by many hands in winter."
        )
        document.add_text(DocItemLabel.TEXT, f"The crew of ship {n} were:")
        group = document.add_list_group()
        for name in ("Ana Sol, master", "Bo Lind, mate", "Cy Marr, cook"):
            document.add_list_item(f"{name} of ship {n}", parent=group)
    result = chunked(document)
    assert len(result.chunks) > 5
    assert not [chunk.text for chunk in result.chunks if chunk.text.endswith("were:")]


def test_code_is_kept_as_it_is(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    code = "def depth(pier):\n    if pier:\n        return 7\n\n    return  None"
    document.add_code(code)
    (chunk,) = chunked(document).chunks
    assert (chunk.kind, chunk.text) == ("code", code)


def test_long_code_is_cut_between_lines_with_their_indentation(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    lines = [f"    total += depth[{n}] * width[{n}]  # pier {n}" for n in range(60)]
    document.add_code("\n".join(["def volume():", *lines]))
    result = chunked(document)
    assert len(result.chunks) > 3
    assert [line for chunk in result.chunks for line in chunk.text.split("\n")][1:] == lines


def test_words_in_a_picture_its_caption_and_notes_are_kept(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    caption = document.add_text(DocItemLabel.CAPTION, "Figure 1. The new pier")
    picture = document.add_picture(caption=caption)
    document.add_text(DocItemLabel.TEXT, "North quay", parent=picture)
    document.add_text(DocItemLabel.TEXT, "Ask Ana Sol.", content_layer=ContentLayer.NOTES)
    result = chunked(document)
    assert [chunk.text for chunk in result.chunks] == ["Figure 1. The new pier\n\nNorth quay\n\nAsk Ana Sol."]
    assert result.covered == 1.0


def test_runs_of_one_line_are_one_line(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    line = document.add_inline_group()
    for run in ("Ana Sol", "(", "master", ")", "sailed", "."):
        document.add_text(DocItemLabel.TEXT, run, parent=line)
    assert [chunk.text for chunk in chunked(document).chunks] == ["Ana Sol (master) sailed."]


def test_a_slide_does_not_inherit_the_heading_of_the_one_before(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    for number, title in enumerate(["Costs", None]):
        slide = document.add_group(label=GroupLabel.CHAPTER, name=f"slide-{number}")
        if title:
            document.add_title(title, parent=slide)
        document.add_text(DocItemLabel.PARAGRAPH, f"Text {number}", parent=slide)
    assert [chunk.headings for chunk in chunked(document).chunks] == [["Costs"], []]


def test_a_sheet_with_a_name_of_its_own_gives_it_as_heading(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    for name in ("Budget 2031", "Sheet2"):
        sheet = document.add_group(label=GroupLabel.SHEET, name=name)
        document.add_table(data=table([["Item", "Cost"], ["Stone", "7"]]), parent=sheet)
    assert [chunk.headings for chunk in chunked(document, kind=DocumentKind.XLSX).chunks] == [["Budget 2031"], []]


def test_a_document_without_text_has_no_chunks(chunked: Chunked) -> None:
    result = chunked(DoclingDocument(name="d"))
    assert (result.chunks, result.covered) == ([], 1.0)


def test_a_word_that_counts_as_one_token_cannot_fill_a_chunk_without_end(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    document.add_text(DocItemLabel.TEXT, "QUJD" * 20_000)
    result = chunked(document)
    assert max(len(chunk.text) for chunk in result.chunks) <= 128 * 16
    assert "".join(chunk.text for chunk in result.chunks) == "QUJD" * 20_000


def test_a_tokenizer_that_counts_more_for_the_whole_than_for_its_parts_keeps_the_bound() -> None:
    document = DoclingDocument(name="d")
    for n in range(30):
        document.add_text(DocItemLabel.TEXT, f"Pier {n} of the harbour was measured.")

    def superadditive(text: str) -> int:
        return len(text.split()) + len(text) ** 2 // 4000

    result = chunk_document(converted(document), document="c/d", max_tokens=48, count_tokens=superadditive)
    assert result.chunks
    assert max(superadditive(chunk.embedding_text) for chunk in result.chunks) <= 48
    assert result.covered == 1.0


def test_what_is_no_docling_document_is_refused_by_name(count_tokens: TokenCounter) -> None:
    report = ConversionReport(kind=DocumentKind.PDF, version="v", size=1, seconds=0.0, converter="test")
    source = ConvertedDocument(document={"schema_name": "Else"}, markdown="", report=report)
    with pytest.raises(ChunkingFailed, match="not a DoclingDocument") as caught:
        chunk_document(source, document="c/d", max_tokens=64, count_tokens=count_tokens)
    assert caught.value.document == "c/d"


def test_a_bound_too_small_to_hold_a_sentence_is_refused(count_tokens: TokenCounter) -> None:
    with pytest.raises(UsageWrong, match="too small"):
        chunk_document(converted(DoclingDocument(name="d")), document="c/d", max_tokens=31, count_tokens=count_tokens)
