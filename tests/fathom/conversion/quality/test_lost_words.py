"""The comparison finds what was lost, whatever repeats its words, and is silent about words that are spelt otherwise."""

from __future__ import annotations

import pytest

from fathom.conversion.quality.lost_words import Comparison, compare
from fathom.conversion.quality.shown_text import ShownText
from fathom.conversion.quality.source_words.source_block import SourceBlock


def compared(source: list[str], shown: list[str], apart: list[str] | None = None) -> Comparison:
    return compare([SourceBlock(text, "text") for text in source], [ShownText(text) for text in shown], apart)


@pytest.mark.parametrize(
    ("seen", "kept", "recall"),
    [
        ("The pump runs", "the pump runs", 1.0),
        ("The pump runs", "the pump", 2 / 3),
        ("pump pump", "pump", 0.5),
        ("an algo\ufffe rithm", "an algo rithm", 1.0),
        ("a high\ufffedimensional", "a high-dimensional", 1.0),
        ("an algo\uffferithm", "an algorithm", 1.0),
        ("the \ufb01rst", "The first", 1.0),
        ("a soft\u00adhyphen", "a softhyphen", 1.0),
        ("日本語", "日本語です", 1.0),
        ("日本語", "日本", 2 / 3),
    ],
)
def test_words_are_found(seen: str, kept: str, recall: float) -> None:
    assert compared([seen], [kept]).recall == pytest.approx(recall)


def test_without_words_there_is_no_recall() -> None:
    assert compared(["— … —"], ["text"]).recall is None


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (["CO2 rises by 106 m"], ["CO 2 rises by 10^6 m"]),
        (["Re new able"], ["Renewable"]),
        (["Renewable"], ["Re new able"]),
        (["Weining Li", "5"], ["Weining Li5"]),
        (["best practice2"], ["best practice[^note]"]),
        (["one two"], ["two", "one"]),
    ],
)
def test_blanks_more_or_less_and_another_order_are_no_loss(source: list[str], shown: list[str]) -> None:
    assert not compared(source, shown).lost


TIDES = [
    "The tide rises at noon and falls at night.",
    "Five boats left the harbour.",
    "Total",
    "5",
    "Note: see the harbour master.",
]


@pytest.mark.parametrize("lost", range(len(TIDES)))
def test_any_block_that_is_lost_is_named(lost: int) -> None:
    found = compared(TIDES, TIDES[:lost] + TIDES[lost + 1 :])
    assert [passage.text for passage in found.lost] == [TIDES[lost]]


def test_a_cell_is_lost_though_others_say_the_same() -> None:
    found = compared(["Total", "5", "5", "5"], ["Total", "5", "5"])
    assert [passage.text for passage in found.lost] == ["5"]


def test_a_note_of_a_dozen_words_is_found_among_five_thousand() -> None:
    book = [f"Paragraph {number} tells of the tide and of the harbour at noon." for number in range(500)]
    note = "The harbour master of the day told otherwise in a letter."
    found = compared([*book, note], book)
    assert [passage.text for passage in found.lost] == [note]
    assert found.recall is not None
    assert found.recall > 0.99


def test_a_run_that_is_lost_within_a_paragraph_is_named() -> None:
    found = compared(["The boats were moved to a new place by the harbour."], ["The boats were moved to by the harbour."])
    assert [passage.text for passage in found.lost] == ["a new place"]


def test_the_loss_of_a_heading_is_found_by_its_words_though_its_numbers_stand_everywhere() -> None:
    found = compared(["Section 1.1", "1 and 1 are 2"], ["1 and 1 are 2", "1.", "1."])
    assert [passage.text for passage in found.lost] == ["Section 1.1"]


def test_a_header_that_pages_repeat_is_asked_for_once() -> None:
    source = ["Annual report 1", "Tides rise.", "Annual report 2", "Boats leave."]
    apart = ["Annual report 1", "Annual report 2"]
    kept = compared(source, ["Annual report 1", "Tides rise.", "Boats leave."], apart)
    assert (kept.lost, kept.recall) == ([], 1.0)
    assert kept.unshown == pytest.approx(3 / 10)
    gone = compared(source, ["Tides rise.", "Boats leave."], apart)
    assert [passage.text for passage in gone.lost] == ["Annual report 1", "Annual report 2"]


def test_page_numbers_that_are_set_apart_are_no_loss() -> None:
    assert not compared(["Tides rise.", "17"], ["Tides rise."], ["17"]).lost
    assert compared(["Tides rise.", "17"], ["Tides rise."], []).lost


def pages(*lines: str) -> list[SourceBlock]:
    return [SourceBlock(line, f"page {number}") for number in range(1, 4) for line in (*lines, f"Quay {number}")]


def test_the_header_of_a_table_that_goes_on_over_pages_is_asked_for_once_and_other_lines_each_time() -> None:
    header, quays = "Site Reading", ["Quay 1", "Quay 2", "Quay 3"]
    assert not compare(pages(header), [ShownText(text) for text in (header, *quays)], []).lost
    assert compare(pages(header), [ShownText(text) for text in (header, header, *quays)], []).lost
    assert compare(pages(header), [ShownText(text) for text in quays], []).lost


def menu(*texts: str) -> list[SourceBlock]:
    return [SourceBlock(text, "page", group="menu") for text in texts]


def test_a_menu_may_be_left_out_whole_and_not_in_part() -> None:
    links = menu("Home", "Timetable", "Harbour master", "Tides", "Imprint")
    text = [SourceBlock("Tides rise at noon.", "page")]
    assert not compare(text + links, [ShownText("Tides rise at noon.")]).lost
    shown = [ShownText("Tides rise at noon."), *(ShownText(link.text) for link in links[:-1])]
    assert [passage.text for passage in compare(text + links, shown).lost] == ["Imprint"]


def test_a_number_in_a_cell_is_found_in_any_format_and_its_loss_too() -> None:
    cells = [SourceBlock(value, "sheet", is_figure=True, in_sheet=True) for value in ("0.075", "1234.5", "46027")]
    shown = ["7.5%", "$1,234.50", "5 January 2026"]
    assert not compare(cells, [ShownText(cell) for cell in shown]).lost
    assert len(compare(cells, [ShownText(cell) for cell in shown[:2]]).lost) == 1


@pytest.mark.timeout(60)
def test_its_time_grows_with_the_text_whatever_is_missing() -> None:
    words = [f"w{number:x}q" for number in range(60_000)]
    source = [" ".join(words[at : at + 10]) for at in range(0, len(words), 10)]
    shown = [text.replace("q", "z") for text in source]
    found = compared(source, shown)
    assert len(found.lost) == len(source)
    assert compared(["x" * 2_000_000], ["x" * 2_000_000]).lost == []


def repeated(*texts: str) -> list[SourceBlock]:
    return [SourceBlock(text, "headers", repeated=True) for text in texts]


def test_a_running_header_is_asked_for_once_and_not_where_the_text_says_it() -> None:
    text, header = SourceBlock("Tides rise at noon.", "text"), "Harbour report"
    shown = [ShownText(header), ShownText(text.text)]
    assert not compare([text, *repeated(header, header)], shown).lost
    assert not compare([SourceBlock(header, "text"), text, *repeated(header)], shown).lost
    assert not compare(
        [SourceBlock("The Harbour report says:", "text"), *repeated(header)], [ShownText("The Harbour report says:")]
    ).lost
    assert [one.text for one in compare([text, *repeated(header, header)], shown[1:]).lost] == [header]


def test_a_header_that_is_kept_does_not_stand_for_a_paragraph_that_is_lost() -> None:
    source = [SourceBlock("Kelda Port", "text"), SourceBlock("Tides rise.", "text"), *repeated("Kelda Port, 4 Quay Street")]
    found = compare(source, [ShownText("Kelda Port, 4 Quay Street"), ShownText("Tides rise.")])
    assert len(found.lost) == 1


def test_what_may_be_left_out_is_not_shown_by_a_text_that_another_block_says() -> None:
    text = [SourceBlock("Timetable", "page"), SourceBlock("Tides", "page")]
    shown = [ShownText("Timetable"), ShownText("Tides")]
    assert not compare([*text, *menu("Timetable", "Tides")], shown).lost
    assert compare([*text, *menu("Boats", "Nets", "Tides")], [*shown, ShownText("Boats"), ShownText("Nets")]).lost
