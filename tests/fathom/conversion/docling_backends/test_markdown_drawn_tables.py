"""Tables that are drawn with signs are read with their spans: grid tables, pandoc's simple and multiline tables."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file


def markdown(path: Path, text: str) -> str:
    file = path / "a.md"
    file.write_text(text, "utf-8")
    return EmbeddedEngine().convert_file(file, inspect_file(file, max_bytes=10**8, max_pages=10), version="0" * 64).markdown


SPANNED = """
+---------------------+----------+
| Property            | Earth    |
+=============+=======+==========+
|             | min   | -89.2 °C |
| Temperature +-------+----------+
| 1961-1990   | mean  | 14 °C    |
|             +-------+----------+
|             | max   | 56.7 °C  |
+-------------+-------+----------+
"""
SPANNED_SHOWN = """| Property | Property | Earth |
|-|-|-|
| Temperature 1961-1990 | min | -89.2 °C |
| Temperature 1961-1990 | mean | 14 °C |
| Temperature 1961-1990 | max | 56.7 °C |"""
ACROSS = """
+-------+-------+-------+
| a     | b     | c     |
+-------+-------+-------+
| over two      | d     |
+---------------+-------+
| over all three        |
+-------+---------------+
| e     | f             |
+-------+---------------+
"""
WIDE = """
+------+-----+
| 日本 | b   |
+======+=====+
| c    | ｄ  |
+------+-----+
"""
SIGNS = """
+-------+---+
| +--x  | b |
+-------+---+
"""


def test_cells_of_a_grid_go_over_rows_and_columns(tmp_path: Path) -> None:
    assert markdown(tmp_path, f"# Grid\n{SPANNED}") == f"# Grid\n\n{SPANNED_SHOWN}"
    found = markdown(tmp_path, ACROSS)
    assert "| over two |  | d |" in found
    assert "| over all three |" in found
    assert "| e | f |  |" in found


def test_a_grid_may_stand_in_a_list_and_hold_wide_characters_and_signs_of_its_own(tmp_path: Path) -> None:
    inner = "\n".join(f"  {line}".rstrip() for line in SPANNED.split("\n"))
    assert "| Temperature 1961-1990 | mean | 14 °C |" in markdown(tmp_path, f"- item\n{inner}")
    assert markdown(tmp_path, WIDE) == "| 日本 | b |\n|-|-|\n| c | ｄ |"
    assert "| +--x | b |" in markdown(tmp_path, SIGNS)


def test_lines_that_are_no_whole_grid_stay_text(tmp_path: Path) -> None:
    broken = "+-----+-----+\n| a   | b   |\n+---+-------+\n| c     d |\n+-----+-----+\n"
    found = markdown(tmp_path, broken)
    assert all(word in found for word in ("a", "b", "c", "d"))


SIMPLE = """
  Right     Left     Center
-------     ------ ----------
     12     12        12
    123     over      123

Table: Its caption.
"""
HEADERLESS = """
-------     ------
     12     a
    123     b
-------     ------
"""
MULTILINE = """
-------------------------------------------
 Centered   Default           Right
  Header    Aligned         Aligned
----------- ------- ---------------
   First    row                12.0

  Second    row                 5.0
            of two
            lines
-------------------------------------------

After.
"""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (SIMPLE, "| Right | Left | Center |\n|-|-|-|\n| 12 | 12 | 12 |\n| 123 | over | 123 |\n\nTable: Its caption."),
        (HEADERLESS, "|  |  |\n|-|-|\n| 12 | a |\n| 123 | b |"),
        (
            MULTILINE,
            "| Centered Header | Default Aligned | Right Aligned |\n|-|-|-|\n| First | row | 12.0 |\n"
            "| Second | row of two lines | 5.0 |\n\nAfter.",
        ),
    ],
    ids=["simple", "without header", "multiline"],
)
def test_tables_of_pandoc_keep_their_columns(tmp_path: Path, text: str, shown: str) -> None:
    assert markdown(tmp_path, text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Heading\n-------\n\ntext", "## Heading\n\ntext"),
        ("words over columns\n---- ----\nmore text", "words over columns\n\nmore text"),
        ("----------\n\ntext\n\n----------\n", "text"),
        ("- - -\ntext", "text"),
        ("a\n\n-- --\n\nb", "a\n\nb"),
    ],
)
def test_rules_and_headings_stay_what_they_are(tmp_path: Path, text: str, shown: str) -> None:
    assert markdown(tmp_path, text) == shown


def test_many_rules_take_no_longer_than_their_lines(tmp_path: Path) -> None:
    began = time.process_time()
    markdown(tmp_path, "----------\ntext\n" * 4000 + "+--+\n|x\n" * 2000)
    assert time.process_time() - began < 30


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{\n "title": "Tides",\n "tags": ["a", "b"]\n}\n\nBody.', "# Tides\n\ntitle: Tides  \ntags: a, b\n\nBody."),
        ('{"a": 1} is JSON.', '{"a": 1} is JSON.'),
        ("{not json}\n\nBody.", "{not json}\n\nBody."),
    ],
)
def test_json_before_a_text_is_its_front_matter(tmp_path: Path, text: str, shown: str) -> None:
    assert markdown(tmp_path, text) == shown
