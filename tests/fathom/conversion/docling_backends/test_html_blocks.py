"""Lists, tables, figures, code and forms of a page come out as what they are."""

from __future__ import annotations

import pytest

from tests.fathom.conversion.docling_backends.html_pages import markdown


def test_all_before_the_first_heading_stays_in_its_order() -> None:
    lead = "<p>Lead.</p><div>Loose <i>text</i><p>inner</p>tail</div>"
    html = f"{lead}<h3>Later</h3>bare<address>Quay 4</address><footer>Oslo</footer>"
    assert markdown(html) == "Lead.\n\nLoose *text*\n\ninner\n\ntail\n\n### Later\n\nbare\n\nQuay 4\n\nOslo"


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<ol start=4><li>four<li value=9>nine<li>ten</ol>", "4. four\n9. nine\n10. ten"),
        ("<ol reversed><li>c<li>b<li>a</ol>", "3. c\n2. b\n1. a"),
        ("<ol type=a start=27><li>x</ol>", "- aa. x"),
        ("<ol style='list-style-type: lower-roman'><li>x<li>y</ol>", "- i. x\n- ii. y"),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", "- a\n    - b\n- c"),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "- a\n    - b"),
        ("<li>stray<li>too", "- stray\n- too"),
        ("<ul><li><input type=checkbox checked> done<li><input type=checkbox> open</ul>", "- [x] done\n- [ ] open"),
        ("<dl><dt>A<dd>one<dd>two<dt>B<dd>three</dl>", "- **A**\n    - one\n    - two\n- **B**\n    - three"),
        ("<dl><div><dt>A</dt><dd>one</dd></div></dl>", "- **A**\n    - one"),
        ("<ul>before<li>a</li>between<li>b</li></ul>", "before\n\n- a\n\nbetween\n\n- b"),
        ("<ul><li></li><li>a</li></ul>", "- a"),
    ],
)
def test_lists_have_the_numbers_and_the_nesting_that_a_browser_shows(html: str, shown: str) -> None:
    assert markdown(html) == shown


def test_a_table_in_an_item_stands_in_its_place() -> None:
    html = "<ol><li>Open.<li>Set:<table><tr><th>Key<th>Value<tr><td>port<td>88</table><li>Close.</ol>"
    assert markdown(html) == "1. Open.\n2. Set:\n\n    | Key | Value |\n    |-|-|\n    | port | 88 |\n\n3. Close."


def test_header_rows_spans_and_row_names_of_a_table_are_kept() -> None:
    html = (
        "<table><caption>Fares</caption><thead><tr><th rowspan=2>Zone<th colspan=2>Fare<tr><th>Adult<th>Child</thead>"
        "<tfoot><tr><td>All<td>8<td>3</tfoot><tbody><tr><th scope=row>A<td>3<td>1<tr><td>B<td>5<td>2</table>"
    )
    assert markdown(html) == (
        "Fares\n\n| Zone | Fare Adult | Fare Child |\n|-|-|-|\n| A | 3 | 1 |\n| B | 5 | 2 |\n| All | 8 | 3 |"
    )


def test_a_corner_without_a_name_does_not_make_the_header_data() -> None:
    assert markdown("<table><tr><td><th>2024<tr><th>Oats<td>7</table>") == "|  | 2024 |\n|-|-|\n| Oats | 7 |"


@pytest.mark.parametrize("span", ["abc", "-2", "1.5", "", "999999999"])
def test_spans_that_are_none_do_not_shift_or_swell_a_table(span: str) -> None:
    html = f"<table><tr><th>A<th>B<tr><td rowspan='{span}'>1<td colspan='{span}'>2</table>"
    assert markdown(html) == "| A | B |\n|-|-|\n| 1 | 2 |"


def test_cells_keep_breaks_lists_links_and_tables_as_text() -> None:
    html = (
        "<table><tr><th>Line<th>Stops<tr><td>12<td>Quay<br>Old <b>Town</b><tr><td>13<td><ul><li>Mole<li>Pier</ul>"
        "<tr><td>14<td><table><tr><td>Mast<td>9 m</table><tr><td>15<td><a href='https://a.example/c'>C</a></table>"
    )
    assert markdown(html) == (
        "| Line | Stops |\n|-|-|\n| 12 | Quay Old Town |\n| 13 | Mole Pier |\n| 14 | Mast 9 m |\n"
        "| 15 | [C](https://a.example/c) |"
    )


@pytest.mark.parametrize(
    "around",
    [
        "<table><tr><td>Menu</td><td>{}</td></tr></table>",
        "<table role=presentation><tr><td>Menu</td></tr><tr><td><table><tr><td>{}</td></tr></table></td></tr></table>",
        "<table><tr><td><div>Menu</div></td></tr><tr><td>{}</td></tr></table>",
        "<table><tbody><tr><td><table><tr><td>Menu</td></tr></table></td><td><center>{}</center></td></tr></tbody></table>",
    ],
)
def test_tables_that_lay_out_the_page_are_what_they_hold(around: str) -> None:
    inner = "<h2>Fares</h2><p>From May.</p><table><tr><th>Zone<th>Fare<tr><td>A<td>3</table><p>Children ride free.</p>"
    assert markdown(around.format(inner)) == (
        "Menu\n\n## Fares\n\nFrom May.\n\n| Zone | Fare |\n|-|-|\n| A | 3 |\n\nChildren ride free."
    )


def test_rows_that_stand_side_by_side_in_a_layout_are_a_table() -> None:
    html = "<table role=presentation><tr><td colspan=2><h2>Bill</h2><tr><td>Rope<td>45<tr><td>Sail<td>900</table>"
    assert markdown(html) == "## Bill\n\n|  |  |\n|-|-|\n| Rope | 45 |\n| Sail | 900 |"


def test_a_table_of_data_stays_one_whatever_a_cell_holds() -> None:
    html = "<table><tr><th>Site<th>Depths<tr><td><h3>North</h3><td><p>3</p><p>4</p><tr><td>South<td>5</table>"
    assert markdown(html) == "| Site | Depths |\n|-|-|\n| North | 3 4 |\n| South | 5 |"


def test_tables_of_elements_that_only_say_so_are_tables() -> None:
    html = (
        "<div role=table><div role=row><span role=columnheader>Key</span><span role=columnheader>Value</span></div>"
        "<div role=row><span role=cell>port</span><span role=cell>88</span></div></div>"
    )
    assert markdown(html) == "| Key | Value |\n|-|-|\n| port | 88 |"


def test_code_is_as_it_stands() -> None:
    html = "<pre><code class='language-sh'>make all\n  cd out  # <b>two</b>\n\n    ls &lt;dir&gt;</code></pre>"
    assert markdown(html) == "```bash\nmake all\n  cd out  # two\n\n    ls <dir>\n```"
    assert markdown("<pre>\none<br>two</pre>") == "```\none\ntwo\n```"


def test_quotations_keep_who_said_them() -> None:
    html = "<blockquote><p>Measure twice.</p><footer>— <cite>A carpenter</cite></footer></blockquote>"
    assert markdown(html) == "Measure twice.\n\n— *A carpenter*"


def test_figures_have_their_caption_and_what_describes_them() -> None:
    assert markdown("<figure><img alt='A gull' src=x><figcaption>Gull on a post</figcaption></figure>") == (
        "Gull on a post\n\nA gull"
    )
    assert markdown("<figure><table><tr><th>A<tr><td>1</table><figcaption>Depths</figcaption></figure>") == (
        "Depths\n\n| A |\n|-|\n| 1 |"
    )
    assert markdown("<p>x</p><svg><title>Chart</title><text>Low water</text></svg>") == "x\n\nChart\n\nLow water"


def test_pictures_that_show_nothing_say_nothing() -> None:
    assert (
        markdown("<p>a <img src=t.gif width=1 height=1 alt='track'><img src=x alt=''>b <svg><path d='M0'/></svg></p>") == "a b"
    )


def test_fields_stand_behind_their_labels_and_the_chosen_are_marked() -> None:
    html = (
        "<form><label>Name <input value='Ada'></label>"
        "<p>Colour: <select><option>Red<option selected>Blue</select></p>"
        "<div><label for=s>Ship</label></div><div><input id=s value='Ark 7'></div>"
        "<fieldset><legend>Size</legend><input type=radio> S <input type=radio checked> M</fieldset>"
        "<input type=hidden value=token><input type=password value=secret>"
        "<textarea>two\nlines</textarea><input type=checkbox checked> Agree</form>"
    )
    assert markdown(html) == ("Name: Ada\n\nColour: Blue\n\nShip: Ark 7\n\nSize\n\n[ ] S [x] M\n\ntwo  \nlines  \n[x] Agree")


def test_a_field_within_a_sentence_is_part_of_it() -> None:
    assert markdown("<p>I have <input value=3> boats.</p>") == "I have 3 boats."
