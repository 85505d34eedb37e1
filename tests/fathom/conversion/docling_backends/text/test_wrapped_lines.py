"""Lines of plain text that were broken for their width are joined; those that were broken on purpose stay."""

from __future__ import annotations

import pytest

from fathom.conversion.docling_backends.text.wrapped_lines import join_wrapped_lines

LONG = "The gauge at the northern pier was read every noon by Ruth"


def test_lines_broken_for_their_width_are_joined_so_that_no_name_is_parted() -> None:
    assert join_wrapped_lines(f"{LONG}\nHolm.") == f"{LONG} Holm."
    assert join_wrapped_lines(f"{LONG}\nand by her son\nafter her.") == f"{LONG} and by her son\nafter her."


@pytest.mark.parametrize(
    "text",
    [
        "12 Quay Street\nNorvik",
        "Monday at the harbour office by the northern gate, 08:00\n"
        "Tuesday at the boat club near the southern bridge, 09:30\n"
        "Wednesday at the museum of the coastal fishermen, 10:15",
        "Ann Example, Harbour Office of the Municipality of Bergen, Norway\n"
        "Quay 4, 5003 Bergen, third floor on the left behind the stairs\n"
        "Phone 47 55 00 00 00, mobile 47 90 00 00 00, fax no longer",
        f"{LONG} and\n* her son, who kept the books of the harbour\n* her cousin",
        f"{LONG} and\n1) her son",
        "Rope, 12 mm, three-strand, polyester    40    120 euros\nTotal                                         215 euros",
        "https://example.org/a/very/long/link/that/stands/on/its/own/line/xyz\nhttps://example.org/second/link",
        f"{LONG}\nSubject: the keel",
        f"{LONG}\n> quoted",
    ],
)
def test_lines_that_stand_for_themselves_stay(text: str) -> None:
    assert join_wrapped_lines(text) == text


def test_a_quoted_paragraph_is_joined_and_keeps_one_mark() -> None:
    assert join_wrapped_lines(f"> {LONG}\n> and by her son.\nYes.") == f"> {LONG} and by her son.\nYes."
    assert join_wrapped_lines(f"> > {LONG}\n>> and by her son.") == f"> > {LONG} and by her son."


def test_lines_of_scripts_without_capitals_are_joined_and_wide_ones_without_a_blank() -> None:
    assert join_wrapped_lines("這" * 60 + "\n" + "是" * 20) == "這" * 60 + "是" * 20
    assert join_wrapped_lines("שלום " * 12 + "\nעולם") == "שלום " * 11 + "שלום עולם"


def test_a_word_that_had_room_on_the_line_before_begins_a_line_on_purpose() -> None:
    text = "A heading of this list that is as long as a line can well be, I say\n" + LONG + "\nHolm was her name\nand so on"
    assert join_wrapped_lines(text).count("\n") >= 2
