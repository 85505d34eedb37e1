"""The blocks of a Word file come through as Word shows them: notes, comments, boxes, diagrams, lists, tables, pictures."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import parse_xml
from PIL import Image

from tests.fathom.conversion.docling_backends.office_files import (
    WORD_NAMES,
    chunk_text,
    converted,
    notices,
    paragraph,
    run,
    said,
    table,
    word,
)

MARK = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:{}Reference w:id="{}"/></w:r>'
FOOT, END = "footnote", "endnote"


def notes(kind: str, *texts: str) -> str:
    """Returns the part that holds notes of this kind, numbered from 1."""
    made = f'<w:{kind} w:type="separator" w:id="-1"><w:p/></w:{kind}>'
    for number, text in enumerate(texts, 1):
        made += f'<w:{kind} w:id="{number}"><w:p><w:r><w:{kind}Ref/></w:r>{text}</w:p></w:{kind}>'
    return f"<w:{kind}s {WORD_NAMES}>{made}</w:{kind}s>"


def in_order(text: str, *wanted: str) -> bool:
    """Tells whether the texts are there, one behind the other."""
    at = 0
    for part in wanted:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def test_notes_stand_at_the_end_with_the_marks_that_their_places_have(tmp_path: Path) -> None:
    body = f"<w:p>{run('Rent')}{MARK.format(FOOT, 1)}{run(' and heat')}{MARK.format(END, 1)}{run('.')}</w:p>"
    body += table(
        (paragraph("Item"), paragraph("Sum")), (paragraph("Deposit"), f"<w:p>{run('900')}{MARK.format(FOOT, 2)}</w:p>")
    )
    parts = {
        "footnotes.xml": notes(FOOT, run(" Monthly."), run(" Returned ") + run("late", "<w:i/>"), run(" Nobody refers to it.")),
        "endnotes.xml": notes(END, run(" Oil only.")),
    }
    for text in said(converted(word(tmp_path / "a.docx", body, parts))):
        assert "Rent[^1] and heat[^i]." in text
        assert "900[^2]" in text
        assert in_order(text, "Deposit", "[^1]: Monthly.", "[^2]: Returned late", "[^i]: Oil only.")
        assert "Nobody" not in text


def test_marks_of_authors_formats_and_starts_of_numbers_are_kept_and_no_two_notes_share_one(tmp_path: Path) -> None:
    custom = '<w:r><w:footnoteReference w:id="{}" w:customMarkFollows="1"/><w:t>{}</w:t></w:r>'
    body = f"<w:p>{run('Pets')}{custom.format(1, '*')}{run(' and birds')}{custom.format(2, '*')}{MARK.format(FOOT, 3)}</w:p>"
    settings = f'<w:settings {WORD_NAMES}><w:footnotePr><w:numFmt w:val="upperLetter"/><w:numStart w:val="3"/></w:footnotePr>'
    parts = {"footnotes.xml": notes(FOOT, run("Cats."), run("Hens."), run("Both.")), "settings.xml": f"{settings}</w:settings>"}
    made = converted(word(tmp_path / "a.docx", body, parts))
    for text in (made.markdown.replace("\\", ""), chunk_text(made)):
        assert in_order(text, "Pets[^*] and birds[^*-2][^C]", "[^*]: Cats.", "[^*-2]: Hens.", "[^C]: Both.")


def test_notes_keep_their_tables_and_links_and_those_of_deleted_text_are_gone(tmp_path: Path) -> None:
    inner = "</w:p>" + table((paragraph("Year"), paragraph("Rate"))) + "<w:p>"
    body = f"<w:p>{run('Kept')}{MARK.format(FOOT, 1)}<w:del>{MARK.format(FOOT, 2)}</w:del></w:p>"
    parts = {"footnotes.xml": notes(FOOT, run("As set:") + inner, run("Never shown."))}
    for text in said(converted(word(tmp_path / "a.docx", body, parts))):
        assert "[^1]: As set: Year Rate" in text
        assert "Never shown." not in text


def comments(*entries: tuple[str, str]) -> dict[str, str]:
    """Returns the parts of comments given as (author, text); each further one answers the first."""
    made = thread = ""
    for number, (author, text) in enumerate(entries):
        made += (
            f'<w:comment w:id="{number}" w:author="{author}"><w:p w14:paraId="0000000{number}">{run(text)}</w:p></w:comment>'
        )
        above = ' w15:paraIdParent="00000000"' if number else ""
        thread += f'<w15:commentEx w15:paraId="0000000{number}"{above}/>'
    return {
        "comments.xml": f"<w:comments {WORD_NAMES}>{made}</w:comments>",
        "commentsExtended.xml": f"<w15:commentsEx {WORD_NAMES}>{thread}</w15:commentsEx>",
    }


COMMENTED = '<w:commentRangeStart w:id="0"/>{}<w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r>'


def test_comments_stand_behind_their_paragraph_with_author_and_replies(tmp_path: Path) -> None:
    body = f"<w:p>{COMMENTED.format(run('Noon', '<w:b/>'))}{run(' it is.')}</w:p>" + paragraph("Next words.")
    made = converted(word(tmp_path / "a.docx", body, comments(("Mia", "Check it."), ("Ole", "Checked."))))
    for text in said(made):
        assert in_order(text, "Noon it is.", "Mia", "Check it.", "Ole", "Checked.", "Next words.")
        assert text.count("Check it.") == 1


@pytest.mark.parametrize("place", ["heading", "list", "cell", "nowhere"])
def test_a_comment_is_kept_wherever_it_was_made(place: str, tmp_path: Path) -> None:
    marked = COMMENTED.format(run("Berth"))
    around = {
        "heading": f'<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr>{marked}</w:p>',
        "list": f'<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>{marked}</w:p>',
        "cell": table((paragraph("a"), paragraph("b")), (paragraph("c"), f"<w:p>{marked}</w:p>")),
        "nowhere": paragraph("Berth"),
    }[place]
    style = '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>'
    parts = {"styles.xml": f"<w:styles {WORD_NAMES}>{style}</w:styles>", **comments(("Mia", "Check it."))}
    for text in said(converted(word(tmp_path / "a.docx", around + paragraph("Next words."), parts))):
        assert in_order(text, "Berth", "Mia", "Check it.")
        assert text.count("Check it.") == 1


def box(content: str, drawing: bool = True) -> str:
    """Returns a run with a text box, in today's form with its fallback, or in the older one alone."""
    inner = f"<w:txbxContent>{content}</w:txbxContent>"
    older = f"<w:pict><v:shape><v:textbox>{inner}</v:textbox></v:shape></w:pict>"
    if not drawing:
        return f"<w:r>{older}</w:r>"
    newer = f"<w:drawing><wp:anchor><a:graphic><a:graphicData><wps:wsp><wps:txbx>{inner}</wps:txbx></wps:wsp></a:graphicData>"
    newer += "</a:graphic></wp:anchor></w:drawing>"
    choice = f'<mc:Choice Requires="wps">{newer}</mc:Choice><mc:Fallback>{older}</mc:Fallback>'
    return f"<w:r><mc:AlternateContent>{choice}</mc:AlternateContent></w:r>"


@pytest.mark.parametrize("drawing", [True, False])
def test_a_box_is_read_once_behind_its_paragraph_and_its_table_stays_a_table(drawing: bool, tmp_path: Path) -> None:
    grid = table((paragraph("Bay"), paragraph("Load")), (paragraph("B3"), paragraph("40 t")))
    inner = paragraph("Hard hats.") + grid + f"<w:p>{run('Outer')}{box(paragraph('Inner box.'), drawing)}</w:p>"
    body = f"<w:p>{run('Report to ')}{box(inner, drawing)}{run('the gate.')}</w:p>" + paragraph("It closes.")
    made = converted(word(tmp_path / "a.docx", body))
    for text in said(made):
        assert in_order(text, "Report to the gate.", "Hard hats.", "Bay", "B3 | 40 t", "Outer", "Inner box.", "It closes.")
        assert text.count("Hard hats.") == text.count("Inner box.") == 1
    assert made.report.tables == 1


DRAWN = "<w:r><w:drawing><wp:inline><a:graphic><a:graphicData>{}</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"


def test_boxes_of_a_group_and_in_a_cell_keep_their_words(tmp_path: Path) -> None:
    shape = "<wps:wsp><wps:txbx><w:txbxContent>{}</w:txbxContent></wps:txbx></wps:wsp>"
    group = f"<wpg:wgp>{shape.format(paragraph('Left'))}{shape.format(paragraph('Right'))}</wpg:wgp>"
    drawn = DRAWN.format(group)
    cell = f"<w:p>{run('Gauge')}{box(paragraph('reads bar'))}</w:p>"
    body = f"<w:p>{drawn}</w:p>" + table((paragraph("a"), paragraph("b")), (paragraph("c"), cell))
    for text in said(converted(word(tmp_path / "a.docx", body))):
        assert in_order(text, "Left", "Right", "c | Gauge reads bar")


def point(key: str, text: str, kind: str = "node") -> str:
    """Returns a shape of a diagram."""
    said_in_it = f"<dgm:t><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t>"
    return f'<dgm:pt modelId="{key}" type="{kind}">{said_in_it}</dgm:pt>'


def test_smartart_is_a_list_with_its_levels_and_word_art_a_line(tmp_path: Path) -> None:
    links = (("top", "b", 1), ("top", "a", 0), ("a", "c", 0))
    points = point("top", "", "doc") + point("b", "Sail") + point("a", "Load") + point("c", "Lash it")
    points += point("x", "SEEN", "pres")
    joined = "".join(f'<dgm:cxn srcId="{above}" destId="{below}" srcOrd="{order}"/>' for above, below, order in links)
    data = f"<dgm:dataModel {WORD_NAMES}><dgm:ptLst>{points}</dgm:ptLst><dgm:cxnLst>{joined}</dgm:cxnLst></dgm:dataModel>"
    drawn = DRAWN.format('<dgm:relIds r:dm="data1"/>')
    art = '<w:r><w:pict><v:shape><v:textpath string="Fair winds"/></v:shape></w:pict></w:r>'
    made = converted(word(tmp_path / "a.docx", f"<w:p>{run('Process:')}{drawn}</w:p><w:p>{art}</w:p>", {"data1.xml": data}))
    assert "Process:\n\n- Load\n    - Lash it\n- Sail" in made.markdown
    assert "Fair winds" in made.markdown
    assert "SEEN" not in made.markdown


def numbering(*instances: tuple[int, str]) -> str:
    """Returns a numbering part: one abstract list of three levels, and instances of it with their overrides."""
    levels = (("decimal", "%1."), ("decimal", "%1.%2"), ("lowerLetter", "(%3)"))
    made = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for at, (form, text) in enumerate(levels)
    )
    used = "".join(f'<w:num w:numId="{key}"><w:abstractNumId w:val="0"/>{more}</w:num>' for key, more in instances)
    return f'<w:numbering {WORD_NAMES}><w:abstractNum w:abstractNumId="0">{made}</w:abstractNum>{used}</w:numbering>'


def item(text: str, level: int = 0, key: int = 1) -> str:
    """Returns a paragraph in a list."""
    return paragraph(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{key}"/></w:numPr>')


def test_lists_are_numbered_as_word_numbers_them(tmp_path: Path) -> None:
    start = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{}"/></w:lvlOverride>'
    body = item("Terms") + item("Buyer", 1) + item("heirs", 2) + item("Goods", 1) + paragraph("Between.") + item("Price")
    body += item("Same list", key=2) + item("Anew", key=3) + item("From seven", key=4) + item("Deep", 1, key=4)
    part = numbering((1, ""), (2, ""), (3, start.format(1)), (4, start.format(7)))
    made = converted(word(tmp_path / "a.docx", body, {"numbering.xml": part}))
    for text in said(made):
        wanted = ("1. Terms", "1.1 Buyer", "(a) heirs", "1.2 Goods", "Between.", "2. Price", "3. Same list", "1. Anew")
        assert in_order(text, *wanted, "7. From seven", "7.1 Deep")


def test_headings_and_cells_show_their_numbers(tmp_path: Path) -> None:
    style = '<w:style w:type="paragraph" w:styleId="H{0}"><w:name w:val="heading {0}"/><w:pPr><w:numPr><w:ilvl w:val="{1}"/>'
    style += '<w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    styles = f"<w:styles {WORD_NAMES}>{style.format(1, 0)}{style.format(2, 1)}</w:styles>"
    body = paragraph("Scope", '<w:pStyle w:val="H1"/>') + paragraph("Depth", '<w:pStyle w:val="H2"/>')
    body += table((paragraph("Duty"), paragraph("Steps")), (paragraph("Moor"), item("Throw", 0, 2) + item("Tie", 0, 2)))
    override = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    part = numbering((1, ""), (2, override))
    made = converted(word(tmp_path / "a.docx", body, {"numbering.xml": part, "styles.xml": styles}))
    assert [text["text"] for text in made.document["texts"] if text["label"] == "section_header"] == ["1. Scope", "1.1 Depth"]
    assert "1. Throw 2. Tie" in chunk_text(made)


MERGED = '<w:tcPr><w:vMerge w:val="restart"/></w:tcPr>'
GOES_ON = "<w:tcPr><w:vMerge/></w:tcPr>"
WIDE = '<w:tcPr><w:gridSpan w:val="2"/></w:tcPr>'
LOOK = '<w:tblLook w:firstRow="{}" w:firstColumn="{}"/>'
TWO_ROWS = (
    (MERGED + paragraph("Farm"), WIDE + paragraph("2024")),
    (GOES_ON + paragraph(""), paragraph("Oats"), paragraph("Rye")),
    (paragraph("North"), paragraph("4"), paragraph("5")),
)


@pytest.mark.parametrize("marked", [0, 2])
def test_header_rows_are_those_the_file_marks_or_its_spans_tell(marked: int, tmp_path: Path) -> None:
    made = converted(word(tmp_path / "a.docx", table(*TWO_ROWS, header_rows=marked)))
    assert "| Farm | 2024 Oats | 2024 Rye |\n|-|-|-|\n| North | 4 | 5 |" in made.markdown
    assert "| Farm | 2024 Oats | 2024 Rye |" in chunk_text(made)


def test_a_table_without_a_header_has_none_and_a_bold_first_row_is_one(tmp_path: Path) -> None:
    off = LOOK.format(0, 1)
    plain = table((paragraph("Company"), paragraph("Orkla")), (paragraph("City"), paragraph("Molde")), look=off)
    names = (f"<w:p>{run('Name', '<w:b/>')}</w:p>", f"<w:p>{run('Age', '<w:b/>')}</w:p>")
    bold = table(names, (paragraph("Ane"), paragraph("4")), look=off)
    markdown = converted(word(tmp_path / "a.docx", plain + paragraph("and") + bold)).markdown
    assert "|  |  |\n|-|-|\n| Company | Orkla |\n| City | Molde |" in markdown
    assert "| Name | Age |\n|-|-|\n| Ane | 4 |" in markdown.replace("*", "")


def test_nested_tables_wrapped_rows_and_rows_wider_than_the_grid_keep_every_cell(tmp_path: Path) -> None:
    inner = table((paragraph("Mast"), paragraph("9 m")), (paragraph("Keel"), paragraph("2 m")))
    alone = table((paragraph("boxed"),))
    rows = table(
        (paragraph("Boat"), paragraph("Parts")), (paragraph("Bera"), inner + "<w:p/>"), (paragraph("Ane"), alone + "<w:p/>")
    )
    wider = table((paragraph("a"), paragraph("b")), (paragraph("c"), paragraph("d"), paragraph("e")))
    wider = wider.replace("<w:gridCol/><w:gridCol/><w:gridCol/>", "<w:gridCol/>")
    controlled = "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>"
    cell = controlled.format(f"<w:tc>{paragraph('cell too')}</w:tc>")
    control = controlled.format(f"<w:tr><w:tc>{paragraph('row in a control')}</w:tc>{cell}</w:tr>")
    body = rows + paragraph("and") + wider.replace("</w:tbl>", f"{control}</w:tbl>")
    for text in said(converted(word(tmp_path / "a.docx", body))):
        assert in_order(text, "Bera | Mast 9 m; Keel 2 m", "Ane | boxed", "and", "c | d | e", "row in a control | cell too")


def test_hidden_and_deleted_rows_are_left_out_and_named(tmp_path: Path) -> None:
    rows = table((paragraph("a"), paragraph("b")), (paragraph("hidden row"), paragraph("x")), (paragraph("c"), paragraph("d")))
    first, second, third, rest = rows.split("<w:tr>")
    rows = "<w:tr>".join((first, second, f"<w:trPr><w:hidden/></w:trPr>{third}", rest))
    made = converted(word(tmp_path / "a.docx", rows))
    assert "hidden row" not in made.markdown
    assert "| c | d |" in made.markdown
    assert notices(made) == {"hidden_rows": 1}


@pytest.mark.parametrize(
    ("description", "shown"),
    [
        ("Plan of the north quay", "Plan of the north quay"),
        ("A quay Description automatically generated with medium confidence", "A quay"),
        ("image1.png", ""),
    ],
)
def test_a_picture_is_described_by_its_alternative_text(description: str, shown: str, tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(picture, "PNG")
    document = Document()
    document.add_paragraph("Before.")
    document.add_picture(io.BytesIO(picture.getvalue()))
    for named in document.element.iter("{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"):
        named.set("descr", description)
    document.save(str(tmp_path / "a.docx"))
    made = converted(tmp_path / "a.docx")
    assert made.report.pictures == 1
    for text in said(made):
        assert text == f"Before. {shown}".strip()


def test_a_picture_of_old_word_is_described_by_its_alternative_text(tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(picture, "PNG")
    document = Document()
    relation, _ = document.part.get_or_add_image(io.BytesIO(picture.getvalue()))
    names = 'xmlns:w="{w}" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:r="{r}"'.format(
        w="http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        r="http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    )
    shape = f'<v:shape alt="The lock gate"><v:imagedata r:id="{relation}"/></v:shape>'
    document.add_paragraph("Before.")
    document.paragraphs[-1]._p.addnext(parse_xml(f"<w:p {names}><w:r><w:pict>{shape}</w:pict></w:r></w:p>"))
    document.save(str(tmp_path / "a.docx"))
    made = converted(tmp_path / "a.docx")
    assert made.report.pictures == 1
    for text in said(made):
        assert text == "Before. The lock gate"


def test_comments_in_the_xml_and_wrappers_in_wrappers_do_no_harm(tmp_path: Path) -> None:
    deep = "<w:sdt><w:sdtContent>" * 50 + run("deep") + "</w:sdtContent></w:sdt>" * 50
    body = f"<!-- note --><w:p>{deep}<!-- note -->{run(' words')}</w:p>" + "".join(item(f"n{number}") for number in range(300))
    made = converted(word(tmp_path / "a.docx", body, {"numbering.xml": numbering((1, ""))}))
    assert "deep words" in made.markdown
    assert "300. n299" in made.markdown


def test_boxes_for_bullets_show_their_state_and_other_bullets_do_not(tmp_path: Path) -> None:
    wingdings = '<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr>'
    bullets = (("☐", ""), ("☑", ""), ("\uf0fe", wingdings), ("•", ""), ("■", ""))
    numbering = f"<w:numbering {WORD_NAMES}>"
    for number, (text, font) in enumerate(bullets):
        level = f'<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="{text}"/>{font}</w:lvl>'
        numbering += f'<w:abstractNum w:abstractNumId="{number}">{level}</w:abstractNum>'
    for number in range(len(bullets)):
        numbering += f'<w:num w:numId="{number + 1}"><w:abstractNumId w:val="{number}"/></w:num>'
    body = "".join(
        paragraph(text, f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>')
        for number, text in enumerate(("open", "done", "done too", "dot", "square"), 1)
    )
    lines = converted(word(tmp_path / "a.docx", body, {"numbering.xml": f"{numbering}</w:numbering>"})).markdown.split("\n")
    assert [line for line in lines if line] == ["- ☐ open", "- ☑ done", "- ☑ done too", "- dot", "- square"]
