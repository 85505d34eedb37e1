"""AsciiDoc texts come through as Asciidoctor shows them: attributes, conditions, marks, links, notes, blocks, lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fathom.conversion.docling_backends.marked_up import converted_text, missing, noticed


def gaps(folder: Path, text: str, **gold: Any) -> list[str]:
    return missing(converted_text(folder / "a.adoc", text), **gold)


def test_attributes_are_put_in_where_they_hold(tmp_path: Path) -> None:
    text = (
        "= Guide to {town}\n:town: Larvik\n:long: one \\\n  two\n:gone: x\n:!gone:\n\n"
        "In {town}: {long}, {gone}, \\{town}, {plus}{nbsp}{cpp}.\n\n"
        ":town: Horten\n\nNow {town}{set:inn:The Ship} by {inn}. {counter:n}{counter:n}\n\n----\n{town}\n----\n\n"
        "[subs=attributes]\n----\nport {town}\n----\n"
    )
    contains = ["In Larvik: one two, {gone}, {town}, + C++.", "Now Horten by The Ship. 12", "{town}", "port Horten"]
    assert gaps(tmp_path, text, contains=contains, lacks=[":town:", ":long:"]) == []


def test_attributes_in_text_that_is_passed_through_stay(tmp_path: Path) -> None:
    text = "= T\n:port: 80\n\nSet `+{port}+` or +++{port}+++ to {port}, 1 + {port} + 2.\n"
    assert gaps(tmp_path, text, contains=["Set {port} or {port} to 80, 1 + 80 + 2."]) == []


def test_pictures_in_a_line_say_their_words_without_their_sizes(tmp_path: Path) -> None:
    text = 'See image:a.png[the pier, 20] and image:b.png["Alta, north",20] and image:c.png[width=20] here.\n'
    assert gaps(tmp_path, text, contains=["See the pier and Alta, north and here."]) == []


def test_conditions_decide_what_is_read_and_includes_are_named(tmp_path: Path) -> None:
    text = (
        "= T\n:a: 1\n\nifdef::a[shown one]\n\nifndef::a[hidden one]\n\nifdef::b[]\nhidden two\n\nifdef::a[]\n"
        "hidden three\nendif::[]\nendif::[]\n"
        'ifndef::b[]\nshown two\nendif::b[]\n\nifeval::["{a}" == "1"]\nshown three\nendif::[]\n\nifdef::a,b[]\n'
        "shown four\nendif::[]\n\n"
        "ifdef::a+b[]\nhidden four\nendif::[]\n\ninclude::parts/one.adoc[]\n\n\\include::not.adoc[]\n"
    )
    document = converted_text(tmp_path / "a.adoc", text)
    contains = ["shown one", "shown two", "shown three", "shown four", "include::not.adoc[]"]
    assert missing(document, contains=contains, lacks=["hidden", "endif"]) == []
    assert noticed(document) == {"parts/one.adoc"}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Sub**mar**ine H~2~O 10^6^ 1^st^", "Submarine H2O 10^6 1st"),
        ("un__like__ly `a_b`s snake_case_name 2*3*4", "unlikely a_bs snake_case_name 2*3*4"),
        ("*bold* _it_ #mark# [.underline]#under# ``co``de", "bold it mark under code"),
        ("\"`so`\" '`x`' -- a--b... (C) ->", "“so” ‘x’ — a—b… © →"),
        ("`+{literal} *x*+` +plain _y_+ pass:[<u>raw</u>] +++<b>tag</b>+++", "{literal} *x* plain _y_ raw tag"),
        ("kbd:[Ctrl+C] btn:[OK] menu:File[Save > As] ((term))(((hidden, one)))", "Ctrl+C OK File > Save > As term"),
        ("\\*stars* and \\_under_ 5 * 3 * 2 a_ _b", "*stars* and _under_ 5 * 3 * 2 a_ _b"),
        ("&copy; &#8212; AT&T", "© — AT&T"),
    ],
)
def test_marks_in_a_line_are_read_and_part_no_word(tmp_path: Path, written: str, shown: str) -> None:
    document = converted_text(tmp_path / "a.adoc", f"Say {written} here.\n")
    chunk = missing(document, contains=[f"Say {shown} here."])
    assert chunk == []


def test_struck_text_is_marked_and_a_plus_breaks_the_line(tmp_path: Path) -> None:
    document = converted_text(tmp_path / "a.adoc", "Costs [.line-through]#900# 700.\n\nLine one +\nline two.\n")
    assert "~~900~~ 700" in document.markdown
    assert "Line one  \nline two." in document.markdown


@pytest.mark.parametrize(
    ("written", "shown", "link"),
    [
        ("https://a.example/x_y[the *chart*], now", "the chart, now", "https://a.example/x_y"),
        ("https://a.example/x_y.", "https://a.example/x_y.", "https://a.example/x_y"),
        ("(https://a.example/b)", "(https://a.example/b)", "https://a.example/b"),
        ("<https://a.example/c>", "https://a.example/c", "https://a.example/c"),
        ("link:++https://a.example/d++[D,window=_blank]", "D", "https://a.example/d"),
        ("link:chart.pdf[Chart]", "Chart", "chart.pdf"),
        ("mailto:a@b.example[Write]", "Write", "mailto:a@b.example"),
        ("ruth@a.example now", "ruth@a.example now", "mailto:ruth@a.example"),
        ("{home}[Home]", "Home", "https://a.example"),
    ],
)
def test_links_of_every_form_keep_text_and_target(tmp_path: Path, written: str, shown: str, link: str) -> None:
    text = f":home: https://a.example\n\nSee {written}\n"
    assert gaps(tmp_path, text, contains=[f"See {shown}"], links=[link], lacks=["_blank", "link:"]) == []


def test_references_show_the_title_that_they_lead_to(tmp_path: Path) -> None:
    text = (
        "= T\n\nSee <<ebb>>, <<Flood times>>, <<_flood_times>>, <<ebb,that>>, xref:ebb[], xref:o.adoc#x[other], "
        "<<nowhere>>, <<t1>>.\n\n"
        "[[ebb]]\n== The _Ebb_\n\nA.\n\n== Flood times\n\n[#t1]\n.Depths\n|===\n|a\n|===\n\n[bibliography]\n"
        "* [[[k]]] Knuth. <<k>>\n"
    )
    contains = ["See The Ebb, Flood times, Flood times, that, The Ebb, other, [nowhere], Depths.", "[k] Knuth. [k]"]
    assert gaps(tmp_path, text, contains=contains, headings=["The Ebb", "Flood times"]) == []


def test_footnotes_leave_the_sentence_whole_and_come_at_the_end_of_the_section(tmp_path: Path) -> None:
    text = (
        "== One\n\n"
        "The ebbfootnote:[See https://a.example/x[a *link*] and a \\].] runs.footnote:n[Named.] On.footnote:n[]\n\n== Two\n\n"
        "|===\n|cell footnote:[In a cell.]\n|===\n"
    )
    order = ["The ebb[^1] runs.[^2] On.[^2]", "[^1]: See a link and a ].", "[^2]: Named.", "cell", "[^3]", "[^3]: In a cell."]
    assert gaps(tmp_path, text, in_order=order, links=["https://a.example/x"], lacks=["footnote"]) == []


@pytest.mark.parametrize("kind", ["NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION"])
def test_admonitions_keep_their_label_in_each_form(tmp_path: Path, kind: str) -> None:
    text = (
        f"{kind}: In a line\nand the next.\n\n[{kind}]\nOver a paragraph.\n\n[{kind}]\n====\nIn a block.\n\n* item\n====\n\n"
        f"[{kind}]\n.Title\n====\n----\ncode\n----\n====\n"
    )
    contains = [f"{kind}: In a line and the next.", f"{kind}: Over a paragraph.", f"{kind}: In a block.", f"{kind}: Title"]
    assert gaps(tmp_path, text, contains=contains, in_order=["In a block", "item", "Title", "code"]) == []


def test_lists_nest_by_marker_and_blocks_are_attached(tmp_path: Path) -> None:
    text = (
        ".Steps\n. One\n.. Inner\n. Two\n+\nAttached.\n+\n----\ncode\n----\n. Three\n\n//-\n\n* [x] done\n"
        "* [ ] open\n** deep\n*** deeper\n\n"
        "[start=4]\n. four\n. five\n\n//-\n\n[loweralpha]\n. aa\n. bb\n"
    )
    order = ["Steps", "1. One", "1. Inner", "2. Two", "Attached.", "code", "3. Three", "[x] done", "[ ] open", "deep", "deeper",
             "4. four", "5. five", "a. aa", "b. bb"]  # fmt: skip
    assert gaps(tmp_path, text, in_order=order, lacks=["+ ", "start="]) == []


def test_description_lists_keep_terms_meanings_tables_and_nesting(tmp_path: Path) -> None:
    text = (
        "Bollard:: A short post.\nFender::\n  A cushion\n  of cork.\nBoth::\nNames:: shared.\nTab:: See:\n+\n"
        "|===\n|x |y\n|===\n"
        "Outer::\n  Inner::: within\n* item\n\n[horizontal]\nA:: B\n\n[qanda]\nWhy?:: So.\n"
    )
    order = ["Bollard", "A short post.", "Fender", "A cushion of cork.", "Both", "Names", "shared.", "See:", "Outer", "Inner",
             "within", "item", "A", "B", "Why?", "So."]  # fmt: skip
    assert gaps(tmp_path, text, in_order=order, rows=[["x", "y"]], lacks=["::"]) == []


def test_blocks_of_code_quotes_verse_and_boxes_keep_their_text_and_titles(tmp_path: Path) -> None:
    text = (
        ".Listing\n[source,ruby]\n----\nputs 'x' # <1>\n  {a} *b*\n----\n<1> Prints.\n\n```py\nx = 1\n```\n\n"
        "....\nlit  eral\n....\n\n"
        " indented\n   more\n\n[quote, Ada Lovelace, Notes]\n____\nThat brain.\n____\n\n[verse]\n____\nThe fog\n"
        "comes.\n____\n\n"
        '"I hold it"\n-- Jefferson\n\n> quoted\n\n.Box\n****\nSide *text*.\n****\n\n.Example\n====\nInside.\n====\n\n'
        "--\nOpen.\n--\n\n++++\n<p>Raw <b>html</b></p>\n++++\n\n[stem]\n++++\nx^2\n++++\n"
    )
    document = converted_text(tmp_path / "a.adoc", text)
    order = ["Listing", "puts", "Prints.", "lit eral", "indented", "That brain.", "Ada Lovelace, Notes", "The fog", "I hold it",
             "Jefferson", "quoted", "Box", "Side text.", "Example", "Inside.", "Open.", "Raw html"]  # fmt: skip
    assert missing(document, in_order=order, lacks=["<p>", "____", "====", "****"]) == []
    assert "```ruby\nputs 'x' # <1>\n  {a} *b*\n```" in document.markdown
    assert "```python\nx = 1\n```" in document.markdown
    assert "The fog  \ncomes." in document.markdown
    assert "$$x^2$$" in document.markdown


def test_header_and_sections_have_their_levels(tmp_path: Path) -> None:
    text = (
        "// comment\n= The *Guide*\nRuth Holm <ruth@a.example>; Bo Lie\nv1.2, 2024-05-01: Draft\n:toc:\n\n"
        "In {author}'s words, {revnumber}.\n\n"
        "== One\n\nA.\n\n=== Two\n\nB.\n\n[discrete]\n== Three\n\nC.\n\nSetext\n------\n\nText // here\n"
        "// gone\nends.\n\n////\n== Gone\n////\n\n[[x]]\n[appendix]\n== Four ==\n\nD.\n"
    )
    document = converted_text(tmp_path / "a.adoc", text)
    headings = ["The Guide", "One", "Two", "Three", "Setext", "Four"]
    contains = ["Ruth Holm", "Bo Lie", "Version 1.2, 2024-05-01: Draft", "In Ruth Holm's words, 1.2.", "Text // here ends."]
    assert missing(document, headings=headings, contains=contains, lacks=["gone", "Gone", "comment"]) == []
    assert "## One\n\nA.\n\n### Two" in document.markdown


def test_pictures_show_title_and_what_describes_them(tmp_path: Path) -> None:
    text = (
        ".Pier at noon\nimage::pier.png[A long pier, 300, 200]\n\nimage::b.png[alt=Buoy]\n\n"
        "image::c.png[]\n\nSee image:i.png[an icon] here.\n"
    )
    assert (
        gaps(tmp_path, text, in_order=["Pier at noon", "A long pier", "Buoy", "See an icon here."], lacks=["300", ".png"]) == []
    )


@pytest.mark.parametrize("text", ["", "\n\n", "// only a comment\n", ":only: attributes\n"])
def test_a_text_without_content_is_refused_by_name(tmp_path: Path, text: str) -> None:
    from fathom.errors import FathomError

    with pytest.raises(FathomError):
        converted_text(tmp_path / "a.adoc", text)


@pytest.mark.parametrize(
    "text", ["== Порт **Наход**ка\n\nПримечание:: _текст_ конец.\n", "== 港\n\n潮**位**表と__注__です。\n"]
)
def test_every_script_is_read(tmp_path: Path, text: str) -> None:
    parts = ["Порт Находка", "Примечание", "текст конец."] if "Порт" in text else ["港", "潮位表と注です。"]
    assert gaps(tmp_path, text, in_order=parts) == []
