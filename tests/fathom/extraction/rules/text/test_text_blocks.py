"""A text is split into what states something and what does not, and is read without its marks at the same offsets."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fathom.extraction.rules.text.text_blocks import blocks, reading_text, table_rows
from fathom.settings import PROJECT_ROOT


def kinds(text: str) -> list[tuple[str, str]]:
    """Each block's kind with its words as read."""
    shown = reading_text(text)
    return [(one.kind, " ".join(shown[one.start : one.end].split())) for one in blocks(text)]


def test_headings_glued_to_a_sentence_by_one_line_end_are_headings() -> None:
    text = "The Rebuilding of Kelmouth Harbour\nThe works\nThe Kelmouth Harbour Trust chose Northgate Engineering in 2021."
    assert [kind for kind, _ in kinds(text)] == ["heading", "heading", "prose"]


def test_lines_of_a_paragraph_wrapped_by_hand_are_one_piece_of_prose() -> None:
    text = (
        "Piotr Zielinski, the master of the dredger Amber, found living oysters at Gull Point in September 2022. He called\n"
        "Daniel Hargreaves, and Daniel Hargreaves called Marlow University. Margaret Ellison signed the contract for it\n"
        "on 5 December 2022."
    )
    ((kind, said),) = kinds(text)
    assert kind == "prose"
    assert "He called Daniel Hargreaves" in said


@pytest.mark.parametrize("text", ["Siemens acquired Bosch", "Helen Marsh went to London", "Ellison works for the Trust."])
def test_a_sentence_alone_is_prose_with_or_without_its_stop(text: str) -> None:
    assert kinds(text) == [("prose", text)]


def test_a_heading_with_a_verb_is_no_part_of_the_sentence_below_it() -> None:
    assert kinds("How Kelmouth was rebuilt\nThe Trust chose Northgate.")[-1] == ("prose", "The Trust chose Northgate.")


def test_list_items_are_apart_from_one_another() -> None:
    text = "Visited\n- Oslo is the capital of Norway.\n- Bergen\n1. Helen Marsh spoke."
    assert [kind for kind, _ in kinds(text)] == ["heading", "list", "list", "list"]


@pytest.mark.parametrize("heading", ["References", "## Bibliography", "7. Works cited", "Further reading", "Références"])
def test_what_stands_below_a_heading_of_references_is_not_read(heading: str) -> None:
    text = f"{heading}\nSmith J. The harbour of Kelmouth. 2019.\nMarsh H. Oysters.\n\nA note by Ellison, H. (2020)."
    assert {kind for kind, _ in kinds(text)[1:]} == {"references"}


def test_entries_of_references_are_known_without_their_heading() -> None:
    text = "Lee, K., Chang, M. (2019). Latent retrieval. In Proceedings of ACL, pages 6086-6096.\nThe Trust met in 2019."
    assert [kind for kind, _ in kinds(text)] == ["references", "prose"]


@pytest.mark.parametrize(
    "text",
    [
        "Deutsch\nFrançais\nEspañol\nItaliano",
        "1 Introduction ........ 3\n2 The works ........ 12",
        "Figure 3: Margaret Ellison at the pier.",
        "Home\nAbout us\nContact\nLog in\nOslo office",
        "E = mc^2 + \\lambda_{max}",
        "Z. Shen et al.",
    ],
)
def test_menus_contents_captions_and_formulas_are_not_prose(text: str) -> None:
    assert {kind for kind, _ in kinds(text)} == {"boilerplate"}


def test_a_table_gives_its_cells_without_the_rule() -> None:
    text = "| Name | Role |\n|-|-|\n| Helen Marsh | director |\nThe Trust met."
    table, prose = blocks(text)
    assert [[text[start:end] for start, end in row] for row in table_rows(text, table)] == [
        ["Name", "Role"],
        ["Helen Marsh", "director"],
    ]
    assert (table.kind, prose.kind) == ("table", "prose")


def test_lines_of_column_and_value_are_a_table() -> None:
    text = "Name: Helen Marsh\nRole: director: harbour\nPlace = Oslo"
    (table,) = blocks(text)
    cells = [[text[start:end] for start, end in row] for row in table_rows(text, table)]
    assert cells == [["Name", "Helen Marsh"], ["Role", "director: harbour"], ["Place", "Oslo"]]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Ukraine.[12][1", "Ukraine."),
        ("Marsh[note 3] joined **IBM**.[3, 4–6]", "Marsh joined IBM ."),
        ("She _left_ [IBM](http://x.y/z_(a)) in `2010`", "She left IBM in 2010"),
        ("<p>Helen&nbsp;Marsh</p> &amp; Co", "Helen Marsh & Co"),
        ("Helen\u200b Marsh\u00a0\ufeffspoke", "Helen Marsh spoke"),
        ("It works (Lee et al., 2019; Min 2020) well", "It works well"),
        ("half \ud800 a pair", "half \ufffd a pair"),
        ("a snake_case name, 5 * 3, [t]he rest", "a snake_case name, 5 * 3, [t]he rest"),
    ],
)
def test_marks_are_blanked(text: str, read: str) -> None:
    assert " ".join(reading_text(text).split()) == read


@given(st.text(alphabet=st.sampled_from("aB .\n|#-*[]()1:=<>_\u200b\ud800"), max_size=120))
@example("[1](a)\n| a |\n\n- b: c")
def test_offsets_hold_and_nothing_is_lost(text: str) -> None:
    assert len(reading_text(text)) == len(text)
    found = blocks(text)
    assert all(one.start < one.end for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    covered = {at for one in found for at in range(one.start, one.end)}
    assert all(c.isspace() or at in covered for at, c in enumerate(text))


def test_the_sample_notes_have_prose_items_and_a_table_below_their_headings() -> None:
    text = (PROJECT_ROOT / "samples" / "oyster-field-notes.md").read_text("utf-8")
    found = [kind for kind, _ in kinds(text)]
    assert found.count("heading") == 4
    assert found.count("list") == 4
    assert found.count("table") == 1


def test_a_megabyte_is_split_in_seconds() -> None:
    for line in ("| a ", "[1", "a: b\n", "<a ", "(et al ", "a\n", "- ", ". "):
        assert blocks(line * (300_000 // len(line)))
