"""Words of a page stay whole, whatever is marked up in them, and nothing that a reader sees of a line is lost."""

from __future__ import annotations

import pytest

from tests.fathom.conversion.docling_backends.html_pages import markdown, page_of


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>CO<sub>2</sub> and H<sub>2</sub>O</p>", "CO2 and H2O"),
        ("<p>10<sup>6</sup> m, 10<sup>-3</sup></p>", "10^6 m, 10^-3"),
        ("<p>3<sup>1</sup>/<sub>2</sub> cups</p>", "3 1/2 cups"),
        ("<p>the 1<sup>st</sup> of May</p>", "the 1st of May"),
        ("<p>some<span>thing</span> odd: <span>1</span><span>2</span>.</p>", "something odd: 12."),
        ("<p>in<font color=red>side</font>, <mark>mark</mark>ed</p>", "inside, marked"),
        ("<p>co&shy;op&#8203;er<wbr>ate 5&nbsp;kg</p>", "cooperate 5 kg"),
        ("<p>a — b – c ’d’ “e” …</p>", "a — b – c ’d’ “e” …"),
        ("<p>He said <q>so <q>far</q></q>.</p>", "He said “so ‘far’”."),
        ("<p><ruby>東<rp>(</rp><rt>とう</rt><rp>)</rp>京<rt>きょう</rt></ruby>駅</p>", "東京(とうきょう)駅"),
        ("<p><kbd>Ctrl</kbd>+<kbd>C</kbd></p>", "`Ctrl`+`C`"),
        ("<p>See <a href='https://a.example/x'>paper A</a>, please.</p>", "See [paper A](https://a.example/x), please."),
        ("<p>it was <del>900</del> <ins>700</ins></p>", "it was ~~900~~ 700"),
        ("<p style='text-decoration: line-through'>gone</p>", "~~gone~~"),
        ("<p>x<span style='vertical-align:super'>2</span>, 4<span style='vertical-align:super'>2</span></p>", "x2, 4^2"),
        ("<p>می‌خواهم &amp; &lt;b&gt; &copy; &#x2603;</p>", "می‌خواهم & \\<b> © ☃"),
        ("<p>one<!-- note -->two</p>", "onetwo"),
        ("<p>line<br>break</p>", "line  \nbreak"),
        ("<p>one<br> <br>two</p>", "one\n\ntwo"),
        ("<div style='white-space: pre-wrap'>one\ntwo</div>", "one  \ntwo"),
    ],
)
def test_a_line_reads_as_a_browser_shows_it(html: str, shown: str) -> None:
    assert markdown(html) == shown


def test_links_that_stand_side_by_side_are_two_words() -> None:
    assert markdown("<a href=https://a.example/1>Home</a><a href=https://a.example/2>Help</a>") == (
        "[Home](https://a.example/1) [Help](https://a.example/2)"
    )


def test_headings_keep_their_words_and_their_link() -> None:
    assert markdown("<h1>Tides of H<sub>2</sub>O</h1><h2>Two<br>lines</h2>") == "# Tides of H2O\n\n## Two lines"
    assert markdown("<div role=heading aria-level=3>Deep</div>") == "### Deep"
    assert markdown("<h1><img alt='Acme Yard' src=x></h1>") == "# Acme Yard"


def test_blocks_within_inline_elements_are_blocks() -> None:
    assert markdown("<b>Lab<table><tr><td>Iron<td>14<tr><td>Zinc<td>9</table>sheet") == (
        "**Lab**\n\n|  |  |\n|-|-|\n| Iron | 14 |\n| Zinc | 9 |\n\n**sheet**"
    )
    assert markdown("<span style='display:block'>one</span><span>two</span>") == "one\n\ntwo"


def test_formulas_are_their_tex() -> None:
    assert markdown("<p>so <math alttext='E=mc^2'><mi>E</mi></math> holds</p>") == "so $E=mc^2$ holds"
    assert markdown("<p><math><mfrac><mn>1</mn><mi>x</mi></mfrac></math></p>") == "$\\frac{1}{x}$"
    annotated = "<math><semantics><mi>x</mi><annotation encoding='application/x-tex'>x_1</annotation></semantics></math>"
    assert markdown(f"<p>{annotated}</p>") == "$x_1$"
    assert markdown("<p>so <script type='math/tex'>a^b</script></p>") == "so $a^b$"
    assert markdown(r"<p>by <img class='mwe-math-fallback-image-inline' alt='{\displaystyle x^{2}}'></p>") == "by $x^{2}$"


def test_marks_of_notes_lead_to_their_notes_and_not_back() -> None:
    html = (
        "<p>Sea<sup><a href='#n1' id='r1'>1</a></sup> and 1999<a href='#n2' role='doc-noteref'>2</a>.</p>"
        "<ol><li id='n1'><p>Salt water. <a href='#r1'>↩</a></p></li></ol>"
        "<p><a id='n2'></a><sup>2</sup> A dry <b>year</b>.</p><p>The end.</p>"
    )
    assert markdown(html) == ("Sea[^1] and 1999[^2].\n\n[^1]: Salt water.\n\n[^2]: A dry **year**.\n\nThe end.")


def test_two_notes_of_one_label_are_told_apart() -> None:
    chapter = "<section><p>A<sup><a href='#{0}'>1</a></sup></p><p id='{0}'>1. Note {0}</p></section>"
    assert markdown(chapter.format("x") + chapter.format("y")) == "A[^1]\n\n[^1]: Note x\n\nA[^1-2]\n\n[^1-2]: Note y"


def test_links_within_a_page_are_no_notes_and_no_links() -> None:
    html = "<p><a href='#s'>Chapter 1</a> <sup><a href='#top'>2</a></sup></p><h2 id='s'>Chapter 1</h2>"
    assert markdown(html) == "Chapter 1 2\n\n## Chapter 1"


def test_an_aside_with_a_note_stands_at_the_end_of_its_section() -> None:
    html = (
        "<section><p>Sea<a epub:type='noteref' href='#n'>†</a></p><aside id='n' epub:type='footnote' hidden>Salt.</aside>"
        "<p>More.</p></section><p>After.</p>"
    )
    assert markdown(html) == "Sea[^†]\n\nMore.\n\n[^†]: Salt.\n\nAfter."


def test_a_page_with_too_much_formatting_keeps_its_words_and_says_so() -> None:
    read, page = page_of("<p>" + "plain <b>bold</b> " * 40_000 + "</p>")
    assert read.split() == ["plain", "bold"] * 40_000
    assert [notice.kind for notice in page.notices] == ["formatting_left_out"]


def test_two_links_side_by_side_are_one_word_where_they_lead_to_one_place_and_two_words_else() -> None:
    assert markdown('<p>The <a href="u">t</a><a href="u">ide</a> rose.') == "The [tide](u) rose."
    assert markdown('<p><a href="u">Home</a><a href="v">News</a>') == "[Home](u) [News](v)"
