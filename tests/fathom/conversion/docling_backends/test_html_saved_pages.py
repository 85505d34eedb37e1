"""Pages as programs write and browsers save them: Word, Google Docs, wikis, generators of documentation, broken ones."""

from __future__ import annotations

import pytest

from tests.fathom.conversion.docling_backends.html_pages import markdown, page_of


@pytest.mark.parametrize(
    "page",
    [
        "<html><body><p>One</p></body></html>\n<p>After the end</p>",
        "<html><body><p>One <b>x</body></html>\n<p>After the end",
        "<html><body><p>One</p></body></html><html><head><title>t</title></head><body><p>After the end</p></body></html>",
        "<body><p>One</p></body>After the end</html>",
        "<HTML><BODY><P>One</BODY ></HTML >After the end",
    ],
)
def test_text_behind_the_end_of_the_page_is_shown(page: str) -> None:
    assert "One" in markdown(page)
    assert "After the end" in markdown(page)


def test_text_between_the_parts_of_a_table_stands_before_it() -> None:
    found = markdown(
        "<table>Stray <b>text</b> before<tr>in<td>a</td>tail<td>b</td></tr>between<tr><td>c</td><td>d</td></tr></table>"
    )
    assert found == "Stray **text** before\n\nin\n\ntail\n\nbetween\n\n|  |  |\n|-|-|\n| a | b |\n| c | d |"
    found = markdown("<div role=table><p>Lead</p><div role=row><div role=cell>a</div><div role=cell>b</div></div>loose</div>")
    assert found.startswith("Lead\n\nloose\n\n|  |  |\n|-|-|\n| a | b |")


def test_rows_by_role_whose_cells_have_none_keep_their_words() -> None:
    assert "| a | b |" in markdown(
        "<div role=table><div role=row><div>a</div><div>b</div></div><div role=row><i>c</i></div></div>"
    )


def test_a_formula_that_a_wiki_hides_beside_its_picture_is_read_once() -> None:
    formula = (
        '<p>Energy <span><span style="display: none;"><math alttext="{\\displaystyle E=mc^{2}}"><mi>E</mi></math></span>'
        '<img class="mwe-math-fallback-image-inline" aria-hidden="true" alt="{\\displaystyle E=mc^{2}}"></span> is mass.</p>'
    )
    assert markdown(formula) == "Energy $E=mc^{2}$ is mass."


def test_what_a_wiki_hides_without_a_picture_of_it_stays_hidden() -> None:
    found, page = page_of('<p>x <span style="display:none"><math><mi>y</mi></math></span> z</p>')
    assert found == "x z"
    assert [notice.kind for notice in page.notices] == ["hidden_text"]


@pytest.mark.parametrize(
    ("heading", "shown"),
    [
        ('<h1>A module<a class="headerlink" href="#m" title="Permalink">¶</a></h1>', "# A module"),
        ('<h2 id=x>Use <a href="#x" class="anchor">#</a></h2>', "## Use"),
        ('<h2><a href="#x">§</a> Use</h2>', "## Use"),
        (
            '<h2><span>Old</span><span class="mw-editsection"><span>[</span><a href="/e">edit</a><span>]</span></span></h2>',
            "## Old",
        ),
        ('<h2>C<a href="https://e.org/c#">#</a></h2>', "## C"),
        ('<h2>Learn <a href="/csharp">C#</a> now</h2>', "## Learn C# now"),
        ('<h2>Notes<sup><a href="#fn">*</a></sup></h2><p id=fn>* Star.</p>', "## Notes"),
    ],
)
def test_links_of_a_heading_to_itself_and_to_its_editor_are_no_part_of_it(heading: str, shown: str) -> None:
    assert markdown(heading).split("\n")[0] == shown


def test_code_beside_the_numbers_of_its_lines_is_code() -> None:
    numbered = (
        '<table><tr><td class="linenos"><pre>1\n2</pre></td><td class="code"><pre>a = 1\n  b = 2\n</pre></td></tr></table>'
    )
    assert markdown(numbered) == "```\na = 1\n  b = 2\n```"
    rows = "".join(
        f'<tr><td class="blob-num" data-line-number="{n}"></td><td class="blob-code">{line}</td></tr>'
        for n, line in enumerate(("def f():", "", "    return 1"), start=1)
    )
    assert markdown(f"<table>{rows}</table>") == "```\ndef f():\n\n    return 1\n```"


@pytest.mark.parametrize(
    "table",
    [
        "<table><tr><th>In<th>Out<tr><td><pre>1\n2</pre><td><pre>3\n4</pre></table>",
        "<table><tr><td>1<td><code>ls</code><tr><td>2<td><code>cd</code></table>",
        "<table><tr><td>7<td><pre>ls</pre></table>",
    ],
)
def test_a_table_with_code_and_numbers_of_its_own_stays_a_table(table: str) -> None:
    assert "|-|-|" in markdown(table)


def test_a_table_that_draws_its_grid_is_one_though_a_cell_holds_a_table() -> None:
    inner = "<table><tr><td>n1<td>n2</table>"
    assert "| k | n1 n2 |" in markdown(f"<table border=1><tr><td>k<td>{inner}<tr><td>k2<td>plain</table>")


def test_word_s_items_are_lists_by_their_levels() -> None:
    def item(marker: str, level: int, text: str, number: int = 0) -> str:
        sign = f'<span style="mso-list:Ignore">{marker}<span style="font:7pt">&nbsp;&nbsp; </span></span>'
        style = f"text-indent:-18.0pt;mso-list:l{number} level{level} lfo1"
        return f'<p class=MsoListParagraph style="{style}"><![if !supportLists]>{sign}<![endif]>{text}<o:p></o:p></p>\n'

    found = markdown(
        item("·", 1, "rope") + item("o", 2, "hemp <b>fine</b>") + item("§", 3, "old") + item("·", 1, "keel")
        + item("3.", 1, "third", 1) + item("4.", 1, "fourth", 1) + "<p>Text</p>" + item("·", 2, "alone")
    )  # fmt: skip
    assert found == ("- rope\n    - hemp **fine**\n        - old\n- keel\n\n3. third\n4. fourth\n\nText\n\n- alone")


def test_word_s_title_and_notes_are_what_they_are_called() -> None:
    found = markdown(
        "<p class=MsoTitle>Report</p><p class=MsoNormal>Text<a style='mso-footnote-id:ftn1' href='#_ftn1' name='_ftnref1'>"
        "<span class=MsoFootnoteReference>[1]</span></a> goes on.</p><div style='mso-element:footnote-list'>"
        "<div style='mso-element:footnote' id=ftn1><p class=MsoFootnoteText><a style='mso-footnote-id:ftn1' href='#_ftnref1' "
        "name='_ftn1'><span class=MsoFootnoteReference>[1]</span></a> The note.</p><p>Its second paragraph.</p></div></div>"
    )
    assert found == "# Report\n\nText[^1] goes on.\n\n[^1]: The note. Its second paragraph."


def test_lists_of_google_docs_are_one_by_their_levels() -> None:
    found = markdown(
        '<body class="doc-content"><p class="c0 title">Name</p><ul class="c4 lst-kix_a-0 start"><li>one</li></ul>'
        '<ul class="c4 lst-kix_a-1 start"><li>below</li></ul><ul class="c4 lst-kix_a-0"><li>two</li></ul>'
        '<ul class="c4 lst-kix_b-0"><li>another</li></ul>'
    )
    assert found == "# Name\n\n- one\n    - below\n- two\n\n- another"


def test_an_ornate_first_letter_is_part_of_its_word() -> None:
    assert markdown('<p><img class=dropcap alt="I" src=i.png>t was dark.</p>') == "It was dark."
    assert markdown('<p><img alt="A" src=a.png> ship</p>') == "A\n\nship"


def test_blocks_within_list_items_stand_below_them_in_markdown() -> None:
    found = markdown("<ol><li><p>one</p><p>more</p><pre>a\nb</pre><ul><li>x<li>y</ul><li>two</ol><p>end</p>")
    assert found == "1. one\n\n    more\n\n    ```\n    a\n    b\n    ```\n\n    - x\n    - y\n2. two\n\nend"
    assert markdown("<ul><li><ul><li>deep</ul></ul>") == "- deep"
    assert markdown("<dl><dt>T<dd><ul><li>a<li>b</ul></dl>") == "- **T**\n    - a\n    - b"


def test_text_between_the_parts_of_a_definition_list_is_shown() -> None:
    found = markdown("<dl>before<dt>A</dt>amid<dd>a</dd>after<div>loose <i>words</i></div><div><dt>B</dt><dd>b</dd></div></dl>")
    places = [
        f"{found}\n".index(said) for said in ("before", "**A**", "amid", "- a\n", "after", "loose *words*", "**B**", "- b\n")
    ]
    assert places == sorted(places)
