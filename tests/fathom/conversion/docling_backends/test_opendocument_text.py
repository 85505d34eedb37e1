"""An OpenDocument text is read as it is shown: words whole, notes with their marks, lists with their numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fathom.errors import DocumentDamaged
from tests.fathom.conversion.docling_backends.office_files import (
    chunk_text,
    converted,
    notices,
    open_cell,
    open_list,
    open_paragraph,
    open_slides,
    open_table,
    open_text,
    said,
)

STYLES = (
    '<style:style style:name="{}" style:family="text"><style:text-properties {}/></style:style>',
    '<style:style style:name="{}" style:family="paragraph"><style:text-properties {}/></style:style>',
)
AUTOMATIC = "".join(
    STYLES[0].format(name, properties)
    for name, properties in {
        "B": 'fo:font-weight="bold"',
        "S": 'style:text-position="sub 58%"',
        "U": 'style:text-position="33% 58%"',
        "X": 'style:text-line-through-style="solid"',
        "H": 'text:display="none"',
    }.items()
) + STYLES[1].format("PH", 'text:display="none"')
COMMON = (
    '<style:style style:name="Title" style:family="paragraph"/><text:outline-style style:name="Outline">'
    '<text:outline-level-style text:level="1" style:num-format="1"/><text:outline-level-style text:level="2" '
    'style:num-format="a" text:display-levels="2" style:num-suffix=")"/></text:outline-style>'
)


def span(text: str, style: str) -> str:
    """Returns a span of a style."""
    return f'<text:span text:style-name="{style}">{text}</text:span>'


def note(kind: str, mark: str, text: str) -> str:
    """Returns a note where it is referred to."""
    citation = f"<text:note-citation>{mark}</text:note-citation>"
    body = f"<text:note-body><text:p>{text}</text:p></text:note-body>"
    return f'<text:note text:note-class="{kind}">{citation}{body}</text:note>'


LINES = {
    "bold syllables": (f"{span('Re', 'B')}new{span('able', 'X')} energy", "Renewable energy"),
    "subscript": (f"CO{span('2', 'S')} is low.", "CO2 is low."),
    "raised number, by an offset": (f"10{span('6', 'U')} m", "10^6 m"),
    "link before a comma": ('see <text:a xlink:href="https://example.org/c">the chart</text:a>, then', "see the chart, then"),
    "link in a word": ('pre<text:a xlink:href="https://example.org/c">view</text:a>s', "previews"),
    "blanks, tabs and breaks": ('a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d', "a b c d"),
    "a broken line of the file": ("one\n     two", "one two"),
    "ruby": (
        "<text:ruby><text:ruby-base>東京</text:ruby-base><text:ruby-text>とうきょう</text:ruby-text></text:ruby>駅",
        "東京(とうきょう)駅",
    ),
    "references": ('See <text:bookmark-ref text:ref-name="x">Figure 7</text:bookmark-ref>.', "See Figure 7."),
    "fields": ("Page <text:page-number>3</text:page-number> of <text:title>Tides</text:title>", "Page 3 of Tides"),
    "bookmarks and soft page breaks": ('har<text:bookmark-start text:name="b"/>bo<text:soft-page-break/>ur', "harbour"),
    "soft hyphens": ("co\u00adoperate", "cooperate"),
    "inserted text": ('a<text:change-start text:change-id="c"/>nd<text:change-end text:change-id="c"/> so', "and so"),
    "index marks": ('tide<text:alphabetical-index-mark text:string-value="SEEN"/>s', "tides"),
    "metadata around text": ("<text:meta>the <text:meta-field>field</text:meta-field></text:meta>s", "the fields"),
}


@pytest.mark.parametrize("kind", LINES)
def test_a_line_is_read_as_it_is_shown(kind: str, tmp_path: Path) -> None:
    content, shown = LINES[kind]
    made = converted(open_text(tmp_path / "a.odt", f"<text:p>{content}</text:p>", AUTOMATIC))
    assert said(made) == (shown, shown)


@pytest.mark.parametrize("kind", ["bold syllables", "subscript", "link before a comma", "ruby"])
def test_cells_items_and_headings_read_their_lines_alike(kind: str, tmp_path: Path) -> None:
    content, shown = LINES[kind]
    line = open_paragraph(content)
    body = f'<text:h text:outline-level="1">{content}</text:h>' + open_list(line)
    body += open_table(open_cell(open_paragraph("Name")), open_cell(line))
    for text in said(converted(open_text(tmp_path / "a.odt", body, AUTOMATIC))):
        assert text.count(shown) == 3


def test_notes_stand_at_the_end_with_their_marks_wherever_they_are_referred_to(tmp_path: Path) -> None:
    body = f'<text:h text:outline-level="1">Rent{note("footnote", "1", "Monthly.")}</text:h>'
    oil = note("endnote", "i", "Oil <text:span>only</text:span>.")
    body += open_paragraph(f"Heat{oil} and water{note('footnote', '2', 'Cold.')}.")
    cells = [open_cell(open_paragraph(f"{amount}{note('footnote', '*', 'Late.')}")) for amount in (900, 800)]
    made = converted(open_text(tmp_path / "a.odt", body + open_table("".join(cells))))
    for text in (made.markdown.replace("\\", ""), chunk_text(made)):
        assert "Heat[^i] and water[^2]." in text
        assert "900[^*]" in text
        wanted = ("[^1]: Monthly.", "[^2]: Cold.", "[^*]: Late.", "[^*-2]: Late.", "[^i]: Oil only.")
        places = [text.find(found) for found in wanted]
        assert places == sorted(places)
        assert places[0] > text.find("900")


def test_comments_stand_behind_their_paragraph_with_author_and_replies(tmp_path: Path) -> None:
    first = '<office:annotation office:name="a"><dc:creator>Mia</dc:creator><text:p>Check it.</text:p></office:annotation>'
    reply = '<office:annotation office:name="b" loext:parent-name="a"><dc:creator>Ole</dc:creator><text:p>Checked.</text:p>'
    body = f"<text:p>{span('Noon', 'B')} it is.{first}{reply}</office:annotation></text:p><text:p>Next words.</text:p>"
    for text in said(converted(open_text(tmp_path / "a.odt", body, AUTOMATIC))):
        places = [text.find(found) for found in ("Noon it is.", "Mia", "Check it.", "Ole", "Checked.", "Next words.")]
        assert places == sorted(places)
        assert min(places) == 0


def test_hidden_and_deleted_text_is_left_out_and_named(tmp_path: Path) -> None:
    deleted = "<text:changed-region><text:deletion><text:p>DELETED</text:p></text:deletion></text:changed-region>"
    body = f"<text:tracked-changes>{deleted}</text:tracked-changes><text:p>Seen{span('UNSEEN', 'H')} words.</text:p>"
    body += '<text:p text:style-name="PH">ALSO UNSEEN</text:p>'
    body += f'<text:section text:display="none">{open_paragraph("NOR THIS")}</text:section>'
    body += open_paragraph('LAST<text:hidden-paragraph text:is-hidden="true"/>')
    body += f"<text:section>{open_paragraph('Shown.')}</text:section>"
    made = converted(open_text(tmp_path / "a.odt", body, AUTOMATIC))
    assert said(made) == ("Seen words. Shown.", "Seen words. Shown.")
    assert notices(made) == {"deleted_text": 1, "hidden_text": 3, "hidden_sections": 1}


def test_text_boxes_shapes_and_indexes_keep_their_words(tmp_path: Path) -> None:
    table = open_table(open_cell(open_paragraph("B3")) + open_cell(open_paragraph("40 t")))
    box = f"<draw:frame><draw:text-box>{open_paragraph('Hard hats.')}{table}</draw:text-box></draw:frame>"
    shapes = f"<draw:custom-shape>{open_paragraph('Left')}</draw:custom-shape><draw:rect>{open_paragraph('Right')}</draw:rect>"
    index = f"<text:index-title>{open_paragraph('Contents')}</text:index-title>{open_paragraph('Scope 1')}"
    body = open_paragraph(f"Report to {box}the gate.") + open_paragraph(f"<draw:g>{shapes}</draw:g>")
    body += f"<text:table-of-content><text:index-body>{index}</text:index-body></text:table-of-content>"
    for text in said(converted(open_text(tmp_path / "a.odt", body))):
        wanted = ("Report to the gate.", "Hard hats.", "B3 | 40 t", "Left", "Right", "Contents", "Scope 1")
        places = [text.find(found) for found in wanted]
        assert places == sorted(places)
        assert min(places) == 0


LEVEL = '<text:list-level-style-number text:level="{}" {}/>'
LEVELS = (
    LEVEL.format(1, 'style:num-format="1" style:num-suffix="."'),
    LEVEL.format(2, 'style:num-format="1" text:display-levels="2" style:num-suffix="."'),
    LEVEL.format(3, 'style:num-format="a" style:num-prefix="(" style:num-suffix=")"'),
)
LIST = f'<text:list-style style:name="L">{"".join(LEVELS)}</text:list-style>'


def items(*content: str, more: str = "") -> str:
    """Returns a list of the style L."""
    return open_list(*content, more=f'text:style-name="L" {more}')


def test_lists_are_numbered_as_they_are_shown(tmp_path: Path) -> None:
    deeper = open_list(open_paragraph("Buyer") + open_list(open_paragraph("heirs")), open_paragraph("Goods"))
    body = items(f"<text:p>Terms</text:p>{deeper}", "<text:p>Price</text:p><text:p>in crowns</text:p>")
    body += "<text:p>Between.</text:p>" + items("<text:p>Goes on</text:p>", more='text:continue-numbering="true"')
    body += "<text:p>Then.</text:p>" + items("<text:p>Anew</text:p>")
    body += items("<text:p>Nine</text:p>").replace("<text:list-item>", '<text:list-item text:start-value="9">')
    for text in said(converted(open_text(tmp_path / "a.odt", body, LIST))):
        wanted = ("1. Terms", "1.1. Buyer", "(a) heirs", "1.2. Goods", "2. Price", "in crowns", "Between.", "3. Goes on")
        places = [text.find(found) for found in (*wanted, "1. Anew", "9. Nine")]
        assert places == sorted(places)
        assert min(places) >= 0


def test_headings_have_the_numbers_of_the_outline_or_of_their_list(tmp_path: Path) -> None:
    body = '<text:p text:style-name="Title">Tides</text:p><text:h text:outline-level="1">Scope</text:h>'
    body += (
        f'<text:h text:outline-level="2">Depth of {span("H", "B")}aven</text:h><text:h text:outline-level="1">Terms</text:h>'
    )
    body += items('<text:h text:outline-level="1">In a list</text:h>')
    made = converted(open_text(tmp_path / "a.odt", body, AUTOMATIC + LIST, COMMON))
    found = [text["text"] for text in made.document["texts"] if text["label"] in ("title", "section_header")]
    assert found == ["Tides", "1 Scope", "1.a) Depth of Haven", "2 Terms", "1. In a list"]


def test_tables_join_their_header_rows_and_keep_nested_tables_lists_and_spans(tmp_path: Path) -> None:
    farm, year, oats, rye, north = (open_paragraph(text) for text in ("Farm", "2024", "Oats", "Rye", "North"))
    wide = open_cell(year, 'table:number-columns-spanned="2"') + "<table:covered-table-cell/>"
    head = open_table(open_cell(farm) + wide, open_cell("<text:p/>") + open_cell(oats) + open_cell(rye))
    head = head.replace("table:table>", "table:table-header-rows>")
    inner = open_table(open_cell(open_paragraph("Mast")) + open_cell(open_paragraph("9 m")))
    steps = items(open_paragraph("one"), open_paragraph("two"))
    repeated = open_cell(open_paragraph("x"), 'table:number-columns-repeated="3"')
    hidden = f'<table:table-row table:visibility="collapse">{open_cell(open_paragraph("UNSEEN"))}</table:table-row>'
    rows = open_table(open_cell(north) + open_cell(inner) + open_cell(steps), repeated)
    body = rows.replace("<table:table>", f"<table:table>{head}", 1).removesuffix("</table:table>")
    made = converted(open_text(tmp_path / "a.odt", f"{body}{hidden}</table:table>", LIST))
    for text in (made.markdown, chunk_text(made)):
        assert "| Farm | 2024 Oats | 2024 Rye |" in text
        assert "| North | Mast 9 m | 1. one 2. two |" in text
        assert "| x | x | x |" in text
        assert "UNSEEN" not in text
    assert notices(made) == {"hidden_rows": 1}


def test_an_embedded_formula_stands_in_its_line(tmp_path: Path) -> None:
    formula = '<math xmlns="http://www.w3.org/1998/Math/MathML"><msup><mi>x</mi><mn>2</mn></msup></math>'
    body = f"<text:p>Area <draw:frame><draw:object>{formula}</draw:object></draw:frame> of walls.</text:p>"
    assert "Area $x^{2}$ of walls." in converted(open_text(tmp_path / "a.odt", body)).markdown


CONTROLS = {
    "what is filled in": ('<form:text {} form:current-value="Kari" form:label="unseen"/>', "Kari"),
    "what stood there from the start": ('<form:number {} form:value="7"/>', "7"),
    "lines": ("<form:textarea {}><text:p>area</text:p><text:p>words</text:p></form:textarea>", "area words"),
    "a ticked box": ('<form:checkbox {} form:label="I agree" form:current-state="checked"/>', "☒ I agree"),
    "an empty box": ('<form:checkbox {} form:label="I agree" form:state="unchecked"/>', "☐ I agree"),
    "a choice": ('<form:radio {} form:label="Yes" form:current-selected="true"/>', "☒ Yes"),
    "a list": (
        '<form:listbox {}><form:option form:label="North"/><form:option form:label="South" form:selected="true"/>'
        "</form:listbox>",
        "South",
    ),
    "a label": ('<form:fixed-text {} form:label="Berth"/>', "Berth"),
    "a secret": ('<form:password {} form:current-value="hush"/>', ""),
}


@pytest.mark.parametrize("key", ["form:id", "xml:id"])
@pytest.mark.parametrize("kind", CONTROLS)
def test_controls_of_forms_show_what_the_page_shows_at_their_place(kind: str, key: str, tmp_path: Path) -> None:
    control, shown = CONTROLS[kind]
    identity = f'{key}="c"'
    forms = f"<office:forms><form:form>{control.format(identity)}</form:form></office:forms>"
    body = forms + open_paragraph('Said: <draw:control draw:control="c"/> and <draw:control draw:control="gone"/> more')
    for found in said(converted(open_text(tmp_path / "a.odt", body))):
        assert found == " ".join(f"Said: {shown} and more".split())


def test_form_fields_that_came_from_word_show_their_state(tmp_path: Path) -> None:
    kind = "vnd.oasis.opendocument.field.FORM"
    box = f'<field:fieldmark field:type="{kind}CHECKBOX"><field:param field:name="Checkbox_Checked" field:value="true"/>'
    choice = f'<field:fieldmark field:type="{kind}DROPDOWN"><field:param field:name="Dropdown_ListEntry" field:value="north"/>'
    choice += '<field:param field:name="Dropdown_ListEntry" field:value="south"/>'
    choice += '<field:param field:name="Dropdown_Selected" field:value="1"/></field:fieldmark>'
    text = f'<field:fieldmark-start field:type="{kind}TEXT"/>Kari<field:fieldmark-end/>'
    body = open_paragraph(f"{box}</field:fieldmark> insured, {choice}, {text}")
    for found in said(converted(open_text(tmp_path / "a.odt", body))):
        assert found == "☒ insured, south, Kari"


def test_a_link_around_a_box_is_kept_at_its_words(tmp_path: Path) -> None:
    box = "<draw:frame><draw:text-box><text:p>boxed words</text:p></draw:text-box></draw:frame>"
    body = open_paragraph(f'<draw:a xlink:href="https://example.org/box">{box}</draw:a>')
    document = converted(open_text(tmp_path / "a.odt", body))
    assert "[boxed words](https://example.org/box)" in document.markdown


@pytest.mark.parametrize("make", [open_text, open_slides])
def test_content_that_is_no_xml_is_damage_by_name(make: Callable[[Path, str], Path], tmp_path: Path) -> None:
    path = make(tmp_path / "a.odt", "<text:p>Half a paragraph")
    with pytest.raises(DocumentDamaged):
        converted(path)


def test_paragraphs_of_code_are_one_piece_with_their_indentation(tmp_path: Path) -> None:
    named = '<style:style style:name="Preformatted_20_Text" style:display-name="Preformatted Text" style:family="paragraph"/>'
    own = '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Preformatted_20_Text"/>'
    note = (
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>why</text:p></text:note-body></text:note>"
    )
    lines = ("if x:", '<text:s text:c="4"/>y<text:s text:c="2"/>= 2', "", "<text:tab/>z", f"noted{note}")
    body = open_paragraph("Before") + "".join(f'<text:p text:style-name="P1">{line}</text:p>' for line in lines)
    document = converted(open_text(tmp_path / "a.odt", body, own, named))
    assert "```\nif x:\n    y  = 2\n\n\tz\n```" in document.markdown
    assert "noted[^1]" in document.markdown
    assert "why" in document.markdown


@pytest.mark.parametrize(
    ("said", "shown"), [("3", "c) berth"), ("²", "a) berth"), ("9" * 5000, "a) berth"), ("99999", "99999) berth")]
)
def test_numbers_that_a_damaged_file_gives_are_bounded(said: str, shown: str, tmp_path: Path) -> None:
    level = '<text:list-level-style-number text:level="1" style:num-format="a" style:num-suffix=")"/>'
    item = f'<text:list-item text:start-value="{said}"><text:p>berth</text:p></text:list-item>'
    body = f'<text:list text:style-name="L">{item}</text:list>'
    document = converted(open_text(tmp_path / "a.odt", body, f'<text:list-style style:name="L">{level}</text:list-style>'))
    assert shown in document.markdown.replace("\\", "")
