"""Every case comes through whole, in Markdown and in chunks."""

from __future__ import annotations

from functools import cache

import pytest

from fathom.conversion.report import ConvertedDocument
from tests.evaluation.figures import chunked, converted
from tests.fathom.conversion.cases.gold import FILES, Case, all_cases, chunks_reading, faults, literal, markdown_reading

CASES = all_cases()


@cache
def document_of(name: str) -> ConvertedDocument:
    """The file as it is converted; cases of one file share it."""
    document = converted(FILES / name)
    assert document is not None, f"{name} is refused"
    return document


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_markdown_has_all_that_a_reader_of_the_file_finds(case: Case) -> None:
    assert faults(markdown_reading(document_of(case.file).markdown), case) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_chunks_have_all_that_a_reader_of_the_file_finds(case: Case) -> None:
    chunks = chunked(document_of(case.file)).chunks
    links = [link.url for chunk in chunks for link in chunk.links]
    assert faults(chunks_reading([(chunk.headings, chunk.text) for chunk in chunks], links), case) == []


@pytest.mark.parametrize("case", [case for case in CASES if case.notices], ids=lambda case: case.file)
def test_the_report_names_what_is_left_out_on_purpose(case: Case) -> None:
    said = literal(" ".join(f"{notice.message} {notice.where or ''}" for notice in document_of(case.file).report.notices))
    assert [wanted for wanted in case.notices if literal(wanted) not in said] == []


def test_every_file_has_gold_and_all_gold_says_something() -> None:
    files = {path.name for path in FILES.iterdir()}
    assert files == {case.file for case in CASES}
    assert [case.file for case in CASES if not (case.contains or case.rows or case.headings or case.in_order)] == []
