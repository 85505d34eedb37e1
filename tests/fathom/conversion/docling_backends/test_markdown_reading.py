"""Markdown is read as its readers see it: headings, lists, notes, tables, HTML and formatting that parts no word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fathom.chunking.chunker import chunk_document
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument


def read(path: Path, text: str | bytes, name: str = "a.md") -> ConvertedDocument:
    file = path / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return EmbeddedEngine().convert_file(file, inspect_file(file, max_bytes=10**8, max_pages=10), version="0" * 64)


def markdown(path: Path, text: str | bytes) -> str:
    return read(path, text).markdown


def chunks(converted: ConvertedDocument) -> str:
    found = chunk_document(converted, document="t/a", max_tokens=400, count_tokens=lambda text: len(text.split()))
    return "\n".join(chunk.text for chunk in found.chunks)


def headings(converted: ConvertedDocument) -> list[str]:
    return [line.lstrip("# ") for line in converted.markdown.splitlines() if line.startswith("#")]


def labels(converted: ConvertedDocument, label: str) -> list[dict[str, Any]]:
    return [item for item in converted.document["texts"] if item["label"] == label]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("## Using `--fast` and *care*", "Using --fast and care"),
        ("## ~~Old~~ name", "~~Old~~ name"),
        ("## H<sub>2</sub>O and un**believ**able", "H2O and unbelievable"),
        ("## ![logo](a.png) Tides", "logo Tides"),
        ("## Tides {#tides .big}", "Tides"),
        ("Setext `code`\n---", "Setext code"),
        ("## Closed ##", "Closed"),
        ("## a_b and 2 \\* 3", "a_b and 2 \\* 3"),
    ],
)
def test_headings_are_headings_whatever_stands_in_them(tmp_path: Path, written: str, said: str) -> None:
    assert headings(read(tmp_path, f"# Top\n\n{written}\n\nWords.\n"))[1:] == [said]


def test_a_link_in_a_heading_keeps_its_target(tmp_path: Path) -> None:
    found = read(tmp_path, "# Top\n\n## See [the docs](https://example.org/a) first\n\nWords.\n")
    assert headings(found)[1] == "See [the docs](https://example.org/a) first"
    assert "See the docs first" in str(
        [c.headings for c in chunk_document(found, document="t/a", max_tokens=99, count_tokens=len).chunks]
    )


def test_headings_have_the_levels_that_they_are_written_with(tmp_path: Path) -> None:
    found = markdown(tmp_path, "# One\n\n### Three\n\n###### Six\n\nTwo\n---\n")
    assert [line for line in found.splitlines() if line] == ["# One", "### Three", "###### Six", "## Two"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("un**believ**able", "unbelievable"),
        ("H<sub>2</sub>O and CO~2~", "H2O and CO2"),
        ("10<sup>6</sup> or 10^6^", "10^6 or 10^6"),
        ("see [the chart](a.md), or (*this*).", "see the chart, or (this)."),
        ("a [b](x) [c](y) d", "a b c d"),
        ("press <kbd>Ctrl</kbd>+<kbd>C</kbd>", "press Ctrl+C"),
        ("`--fast`, or *`b`* c", "--fast, or b c"),
        ("Vec<T> and the <title> tag of 3 < 4", "Vec<T> and the <title> tag of 3 < 4"),
        ("A & B &copy; &lt;c&gt;", "A & B © <c>"),
        ("~~900~~ 800", "~~900~~ 800"),
        ("snake_case_word and 2*3*4", "snake_case_word and 234"),
        ("日本語の文\n続きの行", "日本語の文続きの行"),
        ("한국어 문장\n다음 줄", "한국어 문장 다음 줄"),
        ("see <!-- not this --> end", "see end"),
        ("**Zażółć**: мост", "Zażółć: мост"),
    ],
)
def test_formatting_parts_no_word_and_glues_none(tmp_path: Path, written: str, said: str) -> None:
    assert chunks(read(tmp_path, f"{written}\n")) == said


def test_a_line_break_of_the_author_stays(tmp_path: Path) -> None:
    assert markdown(tmp_path, "One  \ntwo\\\nthree<br>four\nfive") == "One  \ntwo  \nthree  \nfour five"


def test_task_states_stay_at_any_depth_and_are_written_in_one_way(tmp_path: Path) -> None:
    found = read(tmp_path, "- [x] a\n- [ ] b\n  1. [X] c\n     - [ ] *d*\n- [link](x)\n")
    assert [line.strip() for line in chunks(found).splitlines()] == ["- [x] a", "- [ ] b", "1. [x] c", "- [ ] d", "- link"]
    assert [line.strip() for line in found.markdown.splitlines()][:4] == ["- [x] a", "- [ ] b", "1. [x] c", "- [ ] *d*"]


def test_footnotes_keep_mark_and_note(tmp_path: Path) -> None:
    text = "High[^1] and low[^neap], here^[An *inline* note.], not[^gone].\n\n"
    text += "[^1]: Twice a day.\n[^neap]: At half moon.\n\n    More of it.\n"
    found = read(tmp_path, text + "[^unused]: Nobody asks.\n[c]: https://example.org/c\n\nSee [c].\n")
    for shown in (found.markdown, chunks(found)):
        for said in (
            "High[^1]",
            "low[^neap],",
            "[^1]: Twice a day.",
            "[^neap]: At half moon.",
            "More of it.",
            "[^unused]: Nobody asks.",
            "[^gone]",
        ):
            assert said in shown
    assert "An inline note." in chunks(found)
    assert "[c](https://example.org/c)" in found.markdown
    assert {"[^1]: Twice a day.", "[^unused]: Nobody asks."} <= {item["text"] for item in labels(found, "footnote")}


def test_html_is_read_and_not_shown_as_tags(tmp_path: Path) -> None:
    text = (
        'Before.\n\n<div align="center">\n\n**Centered** words.\n\n</div>\n\n<table>\n<tr><th>Key</th><th>Value</th></tr>\n'
        "<tr><td>mode</td><td>slow</td></tr>\n</table>\n\n<!-- a comment\n\nof lines -->\n\n"
        "<details><summary>More</summary>\n\n"
        "Hidden **part**.\n\n- item\n\n</details>\n\n<h2>Made by tags</h2>\n\n<script>\nalert('no')\n</script>\n\nLast.\n"
    )
    found = read(tmp_path, text)
    for said in ("Before.", "Centered", "| Key | Value |", "| mode | slow |", "More", "item", "Last."):
        assert said in found.markdown
    for tag in ("<div", "<td", "comment", "alert", "details"):
        assert tag not in found.markdown
    assert "Made by tags" in headings(found)


def test_markdown_within_a_table_of_tags_is_in_the_table(tmp_path: Path) -> None:
    found = markdown(tmp_path, "<table>\n<tr><td>\n\n**bold** words\n\n</td><td>two</td></tr>\n</table>\n\nAfter.\n")
    assert "bold words | two |" in found.replace("*", "")
    assert found.endswith("After.")


@pytest.mark.parametrize("opening", ["<!-- no end", "<script>", "<title>", "<textarea>", '<div class="a>', "<Widget>", "<?php"])
def test_a_tag_that_never_ends_swallows_nothing(tmp_path: Path, opening: str) -> None:
    found = chunks(read(tmp_path, f"Before.\n\n{opening}\n\nMiddle words.\n\nUse {opening} too.\n\nLast words.\n"))
    for said in ("Before.", "Middle words.", "too.", "Last words."):
        assert said in found


@pytest.mark.parametrize(
    ("matter", "lines"),
    [
        ("---\ntitle: Tides\nauthor: Holm\ntags: [sea, moon]\n---\n", ["title: Tides", "author: Holm", "tags: sea, moon"]),
        ('+++\ntitle = "Tide tables"\ndraft = false\n+++\n', ["title: Tide tables", "draft: false"]),
        ("---\ntitle: Tide: tables\ndate: 2024-01-02\n...\n", ["title: Tide: tables", "date: 2024-01-02"]),
        ("---\ntitle: Tide tables\nauthor:\n  name: R. Holm\n---\n", ["title: Tide tables", "author.name: R. Holm"]),
        ("\ufeff---\r\ntitle: Tide tables\r\n---\r\n", ["title: Tide tables"]),
    ],
)  # fmt: skip
def test_front_matter_is_lines_and_gives_the_title_where_the_text_has_none(
    tmp_path: Path, matter: str, lines: list[str]
) -> None:
    found = read(tmp_path, f"{matter}\nText here.\n")
    assert headings(found) == [lines[0].removeprefix("title: ")]
    assert chunks(found).split("\n\n")[0].splitlines()[-len(lines) :] == lines
    assert headings(read(tmp_path, f"{matter}\n# Own title\n\nText.\n")) == ["Own title"]


def test_a_rule_at_the_top_is_no_front_matter(tmp_path: Path) -> None:
    assert markdown(tmp_path, "---\n\nWords of a text.\n\n---\n\nMore.\n") == "Words of a text.\n\nMore."


@pytest.mark.timeout(60)
def test_aliases_in_front_matter_do_not_multiply(tmp_path: Path) -> None:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert "Text here." in markdown(tmp_path, f"---\na0: &a0 [x, y]\n{levels}---\n\nText here.\n")


def test_items_keep_what_stands_in_them(tmp_path: Path) -> None:
    text = "1. one\n\n   ```js\n   let a;\n     let b;\n   ```\n\n   | a | b |\n   |---|---|\n   | 1 | 2 |\n\n   after\n\n"
    text += "7. two\n   - deep\n     > quoted\n"
    found = read(tmp_path, text)
    for shown in (found.markdown.replace("\n    ", "\n"), chunks(found)):  # what stands in an item is indented
        places = [
            shown.index(said) for said in ("1. one", "let a;\n  let b;", "| 1 | 2 |", "after", "2. two", "deep", "quoted")
        ]
        assert places == sorted(places)


def test_lists_keep_their_numbers_and_empty_items(tmp_path: Path) -> None:
    assert markdown(tmp_path, "3. three\n4. four\n\n---\n\n0) zero\n").splitlines() == ["3. three", "4. four", "", "0) zero"]


def test_tables_keep_pipes_breaks_and_cells_beyond_the_header(tmp_path: Path) -> None:
    text = "| A | B\n|:--|--:|\n| x \\| y | `c \\| d`\n"
    text += "| SELECT a<br>, b | **bold** [l](https://e.org/x)\n| 1 | 2 | 3 more\n| only\n"
    found = read(tmp_path, text)
    rows = [line for line in found.markdown.splitlines() if line.startswith("|")]
    assert rows[2].startswith("| x \\| y |")
    assert "c \\| d" in rows[2]
    assert "SELECT a , b" in rows[3]
    assert "[l](https://e.org/x)" in rows[3]
    assert "3 more" in rows[4]
    assert rows[5].startswith("| only |")
    assert "3 more" in chunks(found)


def test_tables_that_are_drawn_are_tables(tmp_path: Path) -> None:
    text = "Before.\n\n+-----+------+\n| Key | Town |\n+=====+======+\n| a   | New  |\n|     | York |\n"
    text += "+-----+------+\n| b   | *c*  |\n+-----+------+\n"
    found = markdown(tmp_path, f"{text}\nAfter.\n")
    assert found == "Before.\n\n| Key | Town |\n|-|-|\n| a | New York |\n| b | c |\n\nAfter."
    art = "+--+\n|ab|\n| c\n+--+"
    assert chunks(read(tmp_path, art)).split() == art.split()


def test_pieces_of_code_and_formulas_stay_apart(tmp_path: Path) -> None:
    assert markdown(tmp_path, "`a` `b` and $x$ $y$") == "`a` `b` and $x$ $y$"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("see http://e.org/a_(b)_c, or", "see [http://e.org/a\\_(b)\\_c](<http://e.org/a_(b)_c>), or"),
        ("(www.e.org/a?b=c).", "([www.e.org/a?b=c](http://www.e.org/a?b=c))."),
        ("mail foo@e.org; v1.2@x", "mail [foo@e.org](mailto:foo@e.org); v1.2@x"),
        ("见https://e.org/x，好", "见[https://e.org/x](https://e.org/x)，好"),
        ("[in http://a.b c](http://z.y/x)", "[in http://a.b c](http://z.y/x)"),
        ("`http://a.b/c`", "http://a.b/c"),
    ],
)
def test_addresses_without_marks_are_links(tmp_path: Path, written: str, said: str) -> None:
    assert markdown(tmp_path, written) == said


def test_code_stays_as_it_is(tmp_path: Path) -> None:
    text = '~~~~python title="x"\n```\ninner <b>\n```\n\n  two\n~~~~\n\n    indented *code*\n      more\n'
    found = read(tmp_path, text)
    assert [item["text"] for item in labels(found, "code")] == ["```\ninner <b>\n```\n\n  two", "indented *code*\n  more"]
    assert "````python\n" in found.markdown


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Costs $5 and $6.", "Costs $5 and $6."),
        ("Let $a_b * c$ be.", "Let $a_b * c$ be."),
        ("$$\nE = mc^2\n$$", "$$E = mc^2$$"),
        ("So \\(\\frac{a}{b}\\) is (\\(see\\)).", "So $\\frac{a}{b}$ is ((see))."),
    ],
)
def test_formulas_stay_as_they_are(tmp_path: Path, written: str, said: str) -> None:
    assert markdown(tmp_path, written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("> [!NOTE]\n> Mind the gap.\n", ["Note: Mind the gap."]),
        ("> [!tip]- Own title\n> Text.\n", ["Tip: Own title\nText."]),
        ('!!! warning "Look out"\n    Text.\n', ["Look out", "Text."]),
        ("::: warning Look out\nText.\n:::\n", ["Look out", "Text."]),
        (":::{admonition} Look out\nText.\n:::\n", ["Look out", "Text."]),
        ('::: {.callout-tip title="Look out"}\nText.\n:::\n', ["Look out", "Text."]),
        ("::: {.callout-tip title='Look out' icon=false}\nText.\n:::\n", ["Look out", "Text."]),
        ("::: {.wide} :::::\nText.\n:::\n", ["Text."]),
        ("Term\n: Meaning one\n: Meaning two\n", ["- Term", "Meaning one", "Meaning two"]),
        ("> One\n>\n> > Two\n", ["One", "Two"]),
    ],
)
def test_boxes_terms_and_quotes_have_their_words(tmp_path: Path, written: str, said: list[str]) -> None:
    assert chunks(read(tmp_path, written)).split("\n\n") == said


def test_links_of_every_form_have_their_target(tmp_path: Path) -> None:
    text = '[a](https://e.org/a "T"), [b][r], [r][], <https://e.org/c>, https://e.org/d_e_f.\n\n[r]: https://e.org/b\n'
    found = markdown(tmp_path, text)
    for target in (
        "[a](https://e.org/a)",
        "[b](https://e.org/b)",
        "[r](https://e.org/b)",
        "https://e.org/c)",
        "https://e.org/d_e_f)",
    ):
        assert target in found


def test_pictures_have_their_words_in_the_line_or_alone(tmp_path: Path) -> None:
    found = read(tmp_path, '![alone](a.png)\n\nSee ![buoy](b.png "Buoy") here. [![Build](x.svg)](https://ci.org/x)\n')
    assert found.markdown == "alone\n\nSee buoy here. [Build](https://ci.org/x)"
    assert len(found.document["pictures"]) == 1


@pytest.mark.parametrize("opening", ["> ", "- ", "1. ", "* > "])
def test_what_is_nested_without_end_keeps_its_words(tmp_path: Path, opening: str) -> None:
    assert "deep words" in chunks(read(tmp_path, opening * 2000 + "deep words\n\nafter\n"))


@pytest.mark.hostile
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    ["[" * 60_000, "![" * 30_000, "$$ a\n\n" * 10_000, "<!-- " * 20_000, "a**" * 20_000, "\\(" * 30_000, "word " * 200_000],
    ids=["brackets", "pictures", "formulas", "comments", "stars", "parentheses", "one line"],
)
def test_reading_takes_time_in_proportion(tmp_path: Path, text: str) -> None:
    assert "Words." in chunks(read(tmp_path, f"Words.\n\n{text}\n"))
