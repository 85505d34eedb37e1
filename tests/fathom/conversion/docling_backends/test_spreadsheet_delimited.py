"""A delimited text is parted where its rows agree, and its header and titles are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from fathom.conversion.docling_backends.spreadsheet.csv_backend import DelimitedText, delimited_parts
from fathom.conversion.docling_backends.spreadsheet.delimited import dialect_of
from tests.fathom.conversion.docling_backends.sheet_files import converted, rows_of


def read(text: str) -> DelimitedText:
    (part,) = delimited_parts(text)
    return part


def rows(text: str) -> list[list[str]]:
    return read(text).rows


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b,c\n1,2,3\n", ","),
        ("a\tb\tc\n1,5\t2\t3\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ("April 15, 2026;40287;25,00;Ray;pending;\nApril 14, 2026;44413;25,10;Scott;paid\n", ";"),
        ("12,5;13,5\n14,5;15,5\n", ";"),
        ('"Navn, fornavn";Sum;By\n"Holm, Ruth";25,00;Alta\n', ";"),
        ("name,town\nO&#039;Connor,Cork\nM&amp;S;Co,Leeds\n", ","),
        ("id,link\n1,http://a.example/x;y;z\n2,http://b.example/x;y\n", ","),
        ("date,,amount,amount,2026\n2026-01-01,x,5,6,007\n,,,,\n2026-01-02,y|z,7,8,0.10\n", ","),
        ('id,html\n1,"<td style=""a: b; c: d;"">x; y; z</td>"\n2,"p; q"\n', ","),
        ("Title of it all\nmade in May\n\na;b\n1,5;2\n3;4,5\n", ";"),
    ],
)
def test_the_delimiter_is_that_at_which_all_rows_agree(text: str, delimiter: str) -> None:
    found = dialect_of(text)
    assert found is not None
    assert found.delimiter == delimiter


def test_lines_of_a_text_are_one_column() -> None:
    assert rows("Industry\nAccounting/Finance\nBanking, of all kinds\nTrade\n") == [
        ["Industry"], ["Accounting/Finance"], ["Banking, of all kinds"], ["Trade"],
    ]  # fmt: skip


def test_a_file_without_header_has_none() -> None:
    assert read("April 15, 2026;40287;25,00;Ray\nApril 14, 2026;44413;25,10;Scott\n").depth == 0
    assert read("name;sum\nRay;25,00\nScott;25,10\n").depth == 1
    assert read("region,2023,2024\nnorth,1,2\n").depth == 1


def test_titles_above_the_header_and_remarks_below_the_table_are_texts() -> None:
    found = read("Report of tides\nGenerated 2026-05-01\n\nstation,level,unit\nAlta,1.2,m\nBodo,1.4,m\n\nSource: gauge\n")
    assert found.titles == ["Report of tides", "Generated 2026-05-01"]
    assert found.rows[0] == ["station", "level", "unit"]
    assert found.remarks == ["Source: gauge"]


def test_titles_with_a_delimiter_in_them_are_texts() -> None:
    found = read("Report, May 2026\nstation,level,unit\nAlta,1.2,m\nBodo,1.4,m\n")
    assert (found.titles, found.rows[0]) == (["Report, May 2026"], ["station", "level", "unit"])


def test_names_and_values_above_a_table_are_texts() -> None:
    found = read("Station;Alta\nYear;2026\n\nday;level;unit\n1;1,2;m\n2;1,4;m\n")
    assert (found.titles, found.rows[0]) == (["Station: Alta", "Year: 2026"], ["day", "level", "unit"])


def test_ragged_rows_keep_their_cells() -> None:
    assert rows("a,b\n1,2,3,4\n5\n6,7\n") == [["a", "b"], ["1", "2", "3", "4"], ["5"], ["6", "7"]]


def test_the_delimiter_that_a_first_line_declares_is_taken() -> None:
    assert rows("sep=;\na;b\n1,5;2,5\n") == [["a", "b"], ["1,5", "2,5"]]
    assert rows('\ufeff"sep=|"\r\na|b\r\n') == [["a", "b"]]


def test_quotes_and_line_breaks_within_cells() -> None:
    assert rows('id,note\r\n1,"two\r\nlines"\r\n2,"has ""quotes"""\r\n') == [
        ["id", "note"],
        ["1", "two\nlines"],
        ["2", 'has "quotes"'],
    ]
    assert rows('id,note\n1,a "stray quote\n2,b\n') == [["id", "note"], ["1", 'a "stray quote'], ["2", "b"]]
    assert rows('id,note\n1,"a \\"quoted\\" word, it is"\n2,b\n') == [
        ["id", "note"],
        ["1", 'a "quoted" word, it is'],
        ["2", "b"],
    ]


def test_a_quote_that_is_never_closed_loses_nothing() -> None:
    found = rows('id,note\n1,"open\n2,b\n3,c\n')
    assert "2,b" in found[1][1]
    assert "3,c" in found[1][1]


def test_a_cell_of_a_million_letters_is_read() -> None:
    assert len(rows(f'a,b\n1,"{"x" * 1_000_000}"\n')[1][1]) == 1_000_000


def test_a_file_is_converted_with_its_titles_above_the_table(tmp_path: Path) -> None:
    path = tmp_path / "tides.csv"
    path.write_text("Report of tides\n\nstation;level\nAlta;1,2\nBodø;1,4;doubtful\n", "utf-8")
    document = converted(path)
    assert document.markdown.startswith("Report of tides")
    assert rows_of(document) == [["station", "level", ""], ["Alta", "1,2", ""], ["Bodø", "1,4", "doubtful"]]


def test_single_quotes_around_cells_are_quotes() -> None:
    assert read("'name','note'\n'Ana','a, b'\n'Bo','it''s'\n").rows[1:] == [["Ana", "a, b"], ["Bo", "it's"]]
    assert read("name,note\nAna,rock 'n' roll\nBo,it's\n").rows[1:] == [["Ana", "rock 'n' roll"], ["Bo", "it's"]]


def test_quotes_behind_a_delimiter_and_a_blank_are_quotes() -> None:
    assert read('name, note, n\nAna, "a, b", 5\nBo, "c, d", 6\n').rows[1:] == [["Ana", "a, b", "5"], ["Bo", "c, d", "6"]]


@pytest.mark.parametrize("delimiter", ["^", "~", "¦", "§"])
def test_seldom_delimiters_are_told_where_each_line_has_them(delimiter: str) -> None:
    assert read(f"name{delimiter}age\nAna{delimiter}5\nBo{delimiter}6\n").rows[1:] == [["Ana", "5"], ["Bo", "6"]]
    assert read(f"a remark of {delimiter}\nanother\n").rows == [[f"a remark of {delimiter}"], ["another"]]


def test_tables_that_empty_lines_part_are_tables_each_with_its_title() -> None:
    parts = delimited_parts("Sales\nname,qty\nAna,5\nBo,6\n\nReturns\nname,qty,why\nCy,1,broken\n")
    assert [(part.titles, part.depth, len(part.rows)) for part in parts] == [(["Sales"], 1, 3), (["Returns"], 1, 2)]
    parts = delimited_parts("name,qty,price\nAna,1,2.0\n\nname,qty,price\nBo,3,4.0\n")
    assert [part.rows[-1][0] for part in parts] == ["Ana", "Bo"]


def test_sums_and_fields_are_no_tables_of_their_own() -> None:
    assert len(delimited_parts("name,qty,price\nAna,1,2.0\n\nTotal,1,2.0\nExported at noon\n")) == 1
    assert len(delimited_parts("Station;Alta\nLat;59.1\n\nday;low;high\n1;2;3\n2;3;4\n")) == 1
