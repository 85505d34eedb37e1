"""Tables of AsciiDoc come through whatever lines their cells stand in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fathom.conversion.docling_backends.marked_up import converted_text, missing


def gaps(folder: Path, text: str, **gold: Any) -> list[str]:
    return missing(converted_text(folder / "a.adoc", text), **gold)


ROWS = [["Berth", "Use", "Depth"], ["B1", "Ferry", "6"], ["B2", "Cargo", "9"]]


@pytest.mark.parametrize(
    "text",
    [
        '[cols="1,2,1",options="header"]\n|===\n|Berth |Use |Depth\n\n|B1\n|Ferry\n|6\n\n|B2 |Cargo |9\n|===\n',
        "[%header,cols=3*]\n|===\n|Berth\n|Use\n|Depth\n|B1\n|Ferry\n|6\n|B2\n|Cargo\n|9\n|===\n",
        "|===\n|Berth |Use |Depth\n\n|B1 |Ferry |6 |B2 |Cargo |9\n|===\n",
        '[cols="<.^1,^2,>1", %header]\n|===\n^h|Berth >|Use ^.>s|Depth\n|B1 |Ferry |6\n|B2 |Cargo |9\n|===\n',
        '[%header,format=csv]\n|===\nBerth,Use,Depth\nB1,Ferry,6\nB2,"Cargo",9\n|===\n',
        "[%header]\n,===\nBerth,Use,Depth\nB1,Ferry,6\nB2,Cargo,9\n,===\n",
        "[%header]\n:===\nBerth:Use:Depth\nB1:Ferry:6\nB2:Cargo:9\n:===\n",
        "[%header,separator=¦]\n|===\n¦Berth ¦Use ¦Depth\n¦B1 ¦Ferry ¦6\n¦B2 ¦Cargo ¦9\n|===\n",
        "|Berth|Use|Depth|\n|B1|Ferry|6|\n|B2|Cargo|9|\n",
    ],
)
def test_cells_make_rows_by_the_number_of_columns(tmp_path: Path, text: str) -> None:
    document = converted_text(tmp_path / "a.adoc", text)
    assert missing(document, rows=ROWS) == []
    assert document.markdown.startswith("| Berth | Use | Depth |")


def test_spans_repeated_cells_and_escaped_bars_keep_their_places(tmp_path: Path) -> None:
    text = "[%header,cols=3*]\n|===\n|A |B |C\n2+|wide |c\n.2+|down |d |e\n|f |g\n3*|again\n2.2+^|both |y\n|z \\| w\n|===\n"
    rows = [["down", "d", "e"], ["down", "f", "g"], ["again", "again", "again"]]
    assert gaps(tmp_path, text, rows=rows, in_order=["wide", "c", "both", "y", "z | w"], lacks=["2+", "3*"]) == []


def test_cells_of_asciidoc_hold_lists_notes_and_tables(tmp_path: Path) -> None:
    text = (
        '.Kinds\n[cols="1,a",%header]\n|===\n|Name |What\n|List\n|* one\n* two\n|Note\n|WARNING: Ice.\n|Inner\n'
        "|\n!===\n!in1 !in2\n!===\n"
        "|Code\n|\n----\nx = 1\n----\n|===\n"
    )
    assert (
        gaps(tmp_path, text, in_order=["Kinds", "List", "one", "two", "WARNING: Ice.", "in1", "in2", "x = 1"], lacks=["!"])
        == []
    )


def test_styles_of_columns_and_cells_are_no_text(tmp_path: Path) -> None:
    text = (
        '[cols="h,m,s,e,l"]\n|===\n|head |mono |strong |em |lit  eral\n'
        "a|x |y |z |https://a.example/q[link] |H~2~O and 10^3^\n|===\n"
    )
    rows = [["head", "mono", "strong", "em"], ["x", "y", "z", "link"]]
    assert gaps(tmp_path, text, rows=rows, links=["https://a.example/q"], contains=["lit eral"]) == []


def test_paragraphs_in_a_cell_stay_in_it_and_an_unclosed_table_is_read(tmp_path: Path) -> None:
    text = "[cols=2*,%header]\n|===\n|A |B\n|one\n\ntwo +\nthree\n|last\n"
    assert gaps(tmp_path, text, rows=[["one two three", "last"]]) == []


def test_an_empty_table_is_nothing(tmp_path: Path) -> None:
    assert gaps(tmp_path, "Before.\n\n|===\n|===\n\nAfter.\n", in_order=["Before.", "After."], lacks=["|"]) == []
