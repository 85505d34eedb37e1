"""A PowerPoint slide is read as it is shown: words whole, lists numbered, tables, diagrams, notes and comments in place."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from docling_core.types.doc import DoclingDocument
from PIL import Image
from pptx import Presentation
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.util import Inches

from tests.fathom.conversion.docling_backends.office_files import chunk_text, converted, notices, said

NAMES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
    'xmlns:p188="http://schemas.microsoft.com/office/powerpoint/2018/8/main" '
    'xmlns:p15="http://schemas.microsoft.com/office/powerpoint/2012/main"'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MODERN = "http://schemas.microsoft.com/office/2018/10/relationships"


def run(text: str, properties: str = "", inner: str = "") -> str:
    """Returns an `a:r`."""
    return f"<a:r><a:rPr {properties}>{inner}</a:rPr><a:t>{text}</a:t></a:r>"


class Slides:
    """A presentation in the making."""

    def __init__(self) -> None:
        self.file = Presentation()
        self.top = 0.2

    def slide(self, title: str = "") -> Any:
        """Adds a slide with its title only."""
        slide = self.file.slides.add_slide(self.file.slide_layouts[5])
        slide.shapes.title.text = title
        self.top = 2.0
        return slide

    def box(self, slide: Any, *paragraphs: str) -> Any:
        """Adds a text box of paragraphs given as the content of `a:p`."""
        shape = slide.shapes.add_textbox(Inches(1), Inches(self.top), Inches(5), Inches(0.5))
        self.top += 0.8
        body = shape.text_frame._txBody
        for old in list(body.iterfind("{*}p")):
            body.remove(old)
        for content in paragraphs:
            body.append(parse_xml(f"<a:p {NAMES}>{content}</a:p>"))
        return shape

    def part(self, owner: Any, kind: str, name: str, content: str) -> str:
        """Adds a part to the package and returns the id of the relation to it."""
        made = Part(PackURI(f"/ppt/{name}"), "application/xml", self.file.part.package, content.encode())
        return str(owner.relate_to(made, kind))

    def read(self, tmp_path: Path) -> Any:
        """Saves and converts the file."""
        self.file.save(str(tmp_path / "a.pptx"))
        return converted(tmp_path / "a.pptx")


@pytest.fixture
def slides() -> Slides:
    """An empty presentation."""
    return Slides()


LINES = {
    "bold syllables": (run("Re", 'b="1"') + run("new") + run("able", 'i="1"') + run(" energy"), "Renewable energy"),
    "subscript": (run("CO") + run("2", 'baseline="-25000"') + run(" is low."), "CO2 is low."),
    "raised number": (run("10") + run("6", 'baseline="30000"') + run(" m"), "10^6 m"),
    "line break": (run("one") + "<a:br/>" + run("two"), "one two"),
    "field": (run("Year ") + '<a:fld id="{1}" type="datetime1"><a:rPr/><a:t>2026</a:t></a:fld>', "Year 2026"),
    "arrow of a symbol font": (run("A ") + run("à", "", '<a:sym typeface="Wingdings"/>') + run(" B"), "A → B"),
    "soft hyphen": (run("co\u00adoperate"), "cooperate"),
    "struck": (run("Price ") + run("900", 'strike="sngStrike"') + run(" 700"), "Price 900 700"),
}


@pytest.mark.parametrize("kind", LINES)
def test_a_line_is_read_as_it_is_shown(kind: str, slides: Slides, tmp_path: Path) -> None:
    content, shown = LINES[kind]
    slides.box(slides.slide("Title"), content)
    for text in said(slides.read(tmp_path)):
        assert text.removeprefix("# ") == f"Title {shown}"


def test_struck_text_is_marked_and_links_keep_their_targets(slides: Slides, tmp_path: Path) -> None:
    slide = slides.slide()
    key = slide.part.relate_to("https://example.org/chart", f"{OFFICE}/hyperlink", is_external=True)
    link = run("the chart", "", f'<a:hlinkClick r:id="{key}"/>')
    slides.box(slide, LINES["struck"][0], run("see ") + link + run(", then"))
    markdown = slides.read(tmp_path).markdown
    assert "~~900~~" in markdown
    assert "see [the chart](https://example.org/chart), then" in markdown


def test_a_title_of_lines_and_paragraphs_is_one_heading(slides: Slides, tmp_path: Path) -> None:
    slide = slides.slide()
    slide.shapes.title.text = "North\vberths\nof the port"
    assert slides.read(tmp_path).markdown == "# North berths of the port"


def test_lists_are_nested_and_numbered_as_they_are_shown(slides: Slides, tmp_path: Path) -> None:
    def item(text: str, form: str, more: str = "", level: int = 0) -> str:
        marker = f'<a:buAutoNum type="{form}" {more}/>' if form else '<a:buChar char="•"/>'
        return f'<a:pPr lvl="{level}">{marker}</a:pPr>{run(text)}'

    slide = slides.slide("List")
    letters = [item("Terms", "alphaLcParenR"), item("Deeper", "romanUcPeriod", level=1), item("Price", "alphaLcParenR")]
    empty = '<a:pPr><a:buAutoNum type="alphaLcParenR"/></a:pPr>'
    slides.box(
        slide, *letters, empty, item("Place", "alphaLcParenR"), item("Bullet", ""), item("Five", "arabicPeriod", 'startAt="5"')
    )
    markdown = slides.read(tmp_path).markdown
    assert markdown == "# List\n\n- a) Terms\n    - I. Deeper\n- b) Price\n- c) Place\n- Bullet\n5. Five"


def table(rows: list[list[str]], properties: str = 'firstRow="1"') -> Any:
    """Returns a graphic frame with a table; a cell is `attributes|text`."""
    made = ""
    for row in rows:
        cells = (cell.rpartition("|")[::2] for cell in row)
        made += "<a:tr h='1'>" + "".join(
            f"<a:tc {more}><a:txBody><a:bodyPr/><a:p>{content}</a:p></a:txBody><a:tcPr/></a:tc>" for more, content in cells
        ) + "</a:tr>"  # fmt: skip
    grid = "<a:gridCol w='1'/>" * max(map(len, rows))
    inner = f"<a:tbl><a:tblPr {properties}/><a:tblGrid>{grid}</a:tblGrid>{made}</a:tbl>"
    uri = "http://schemas.openxmlformats.org/drawingml/2006/table"
    return parse_xml(
        f'<p:graphicFrame {NAMES}><p:nvGraphicFramePr><p:cNvPr id="9" name="T"/><p:cNvGraphicFramePr/><p:nvPr/>'
        f'</p:nvGraphicFramePr><p:xfrm><a:off x="9" y="1828800"/><a:ext cx="9" cy="9"/></p:xfrm><a:graphic>'
        f'<a:graphicData uri="{uri}">{inner}</a:graphicData></a:graphic></p:graphicFrame>'
    )


def test_merged_cells_stand_once_and_header_rows_are_joined(slides: Slides, tmp_path: Path) -> None:
    rows = [
        [f'rowSpan="2"|{run("Bay")}', f'gridSpan="2"|{run("Load")}', f'hMerge="1"|{run("LEFT OVER")}'],
        [f'vMerge="1"|{run("LEFT OVER")}', f"|{run('Day')}", f"|{run('Night')}"],
        [
            f"|{run('B1')}",
            f"|{run('4')}{run('th', 'baseline=' + chr(34) + '30000' + chr(34))}",
            f"|{run('5')}<a:br/>{run('6')}",
        ],
    ]
    slides.slide().shapes._spTree.append(table(rows))
    made = slides.read(tmp_path)
    for text in (made.markdown, chunk_text(made)):
        assert "| Bay | Load Day | Load Night |\n|-|-|-|\n| B1 | 4th | 5 6 |" in text


def test_a_table_whose_first_row_is_no_header_has_none(slides: Slides, tmp_path: Path) -> None:
    rows = [[f"|{run('Company')}", f"|{run('Orkla')}"], [f"|{run('City')}", f"|{run('Molde')}"]]
    slides.slide().shapes._spTree.append(table(rows, 'firstRow="0" firstCol="1"'))
    assert "|  |  |\n|-|-|\n| Company | Orkla |\n| City | Molde |" in slides.read(tmp_path).markdown


def point(key: str, text: str, kind: str = "node") -> str:
    """Returns a shape of a diagram."""
    return f'<dgm:pt modelId="{key}" type="{kind}"><dgm:t><a:bodyPr/><a:p>{run(text)}</a:p></dgm:t></dgm:pt>'


def test_smartart_is_a_list_with_its_levels_at_its_place(slides: Slides, tmp_path: Path) -> None:
    slide = slides.slide("Process")
    links = "".join(
        f'<dgm:cxn srcId="{above}" destId="{below}" srcOrd="{order}"/>' for above, below, order in
        (("top", "b", 1), ("top", "a", 0), ("a", "c", 0))
    )  # fmt: skip
    points = (
        point("top", "", "doc") + point("b", "Sail") + point("a", "Load") + point("c", "Lash it") + point("x", "SEEN", "pres")
    )
    data = f"<dgm:dataModel {NAMES}><dgm:ptLst>{points}</dgm:ptLst><dgm:cxnLst>{links}</dgm:cxnLst></dgm:dataModel>"
    key = slides.part(slide.part, f"{OFFICE}/diagramData", "diagrams/data1.xml", data)
    frame = table([["|"]])
    graphic = next(frame.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}graphicData"))
    graphic.set("uri", "http://schemas.openxmlformats.org/drawingml/2006/diagram")
    graphic.clear()
    graphic.append(parse_xml(f'<dgm:relIds {NAMES} r:dm="{key}"/>'))
    slides.top = 5
    slides.box(slide, run("Below."))
    slide.shapes._spTree.append(frame)
    assert slides.read(tmp_path).markdown == "# Process\n\n- Load\n    - Lash it\n- Sail\n\nBelow."


def test_shapes_in_alternatives_are_read_once(slides: Slides, tmp_path: Path) -> None:
    slide = slides.slide()
    shape = slides.box(slide, run("Chosen words"))._element
    other = slides.box(slide, run("FALLBACK"))._element
    tree = slide.shapes._spTree
    alternative = parse_xml(f'<mc:AlternateContent {NAMES}><mc:Choice Requires="a14"/><mc:Fallback/></mc:AlternateContent>')
    alternative[0].append(shape)
    alternative[1].append(other)
    tree.append(alternative)
    assert slides.read(tmp_path).markdown == "Chosen words"


def test_hidden_slides_and_shapes_are_left_out_with_their_notes_and_named(slides: Slides, tmp_path: Path) -> None:
    slides.box(slides.slide("Seen"), run("words"))
    hidden = slides.slide("Secret plan")
    hidden._element.set("show", "0")
    hidden.notes_slide.notes_text_frame.text = "NOTE"
    shape = slides.box(slides.slide("Last"), run("UNSEEN"))
    shape._element.nvSpPr.cNvPr.set("hidden", "1")
    made = slides.read(tmp_path)
    assert said(made) == ("# Seen words # Last", "Seen words Last")
    assert notices(made) == {"hidden_slide": 1, "hidden_shape": 1}
    assert "Slide 2 (Secret plan)" in made.report.notices[0].message


AUTHORS = f'<p:cmAuthorLst {NAMES}><p:cmAuthor id="0" name="Mia" initials="M"/><p:cmAuthor id="1" name="Ole"/></p:cmAuthorLst>'
ANSWERS = (
    '<p:extLst><p:ext uri="x"><p15:threadingInfo><p15:parentCm authorId="0" idx="1"/></p15:threadingInfo></p:ext></p:extLst>'
)
OLDER = (
    f'<p:cmLst {NAMES}><p:cm authorId="0" idx="1"><p:text>Check it.</p:text></p:cm>'
    f'<p:cm authorId="1" idx="1"><p:text>Checked.</p:text>{ANSWERS}</p:cm></p:cmLst>'
)
MODERN_AUTHORS = (
    f'<p188:authorLst {NAMES}><p188:author id="m" name="Mia" initials="M"/><p188:author id="o" name="Ole"/></p188:authorLst>'
)
SAID = "<p188:txBody><a:bodyPr/><a:p><a:r><a:t>{}</a:t></a:r></a:p></p188:txBody>"
TODAY = (
    f'<p188:cmLst {NAMES}><p188:cm authorId="m"><p188:replyLst><p188:reply authorId="o">{SAID.format("Checked.")}</p188:reply>'
    f"</p188:replyLst>{SAID.format('Check it.')}</p188:cm></p188:cmLst>"
)


@pytest.mark.parametrize("modern", [False, True])
def test_comments_of_either_kind_and_notes_stand_at_the_end_of_their_slide(
    modern: bool, slides: Slides, tmp_path: Path
) -> None:
    first = slides.slide("Toll")
    first.notes_slide.notes_text_frame.text = "Say it\vslowly."
    slides.slide("Next slide")
    if modern:
        slides.part(slides.file.part, f"{MODERN}/authors", "authors.xml", MODERN_AUTHORS)
        slides.part(first.part, f"{MODERN}/comments", "comments/modernComment_1.xml", TODAY)
    else:
        slides.part(slides.file.part, f"{OFFICE}/commentAuthors", "commentAuthors.xml", AUTHORS)
        slides.part(first.part, f"{OFFICE}/comments", "comments/comment1.xml", OLDER)
    for text in said(slides.read(tmp_path)):
        places = [text.find(found) for found in ("Toll", "Say it slowly.", "Mia", "Check it.", "Ole", "Checked.", "Next slide")]
        assert places == sorted(places)
        assert min(places) >= 0
        assert text.count("Check it.") == 1


def test_a_picture_is_described_by_its_alternative_text(slides: Slides, tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(picture, "PNG")
    shape = slides.slide("Map").shapes.add_picture(io.BytesIO(picture.getvalue()), 0, Inches(2))
    shape._element.nvPicPr.cNvPr.set("descr", "Plan of the north quay")
    made = slides.read(tmp_path)
    assert DoclingDocument.model_validate(made.document).pictures
    assert said(made) == ("# Map Plan of the north quay", "Map Plan of the north quay")


def test_notes_keep_their_links_and_every_box_of_their_page(slides: Slides, tmp_path: Path) -> None:
    slide = slides.slide("Toll")
    notes = slide.notes_slide
    notes.notes_text_frame.text = "Say it twice"
    linked = notes.notes_text_frame.add_paragraph().add_run()
    linked.text = "the tariff"
    linked.hyperlink.address = "https://example.org/tariff"
    box = (
        f'<p:sp {NAMES}><p:nvSpPr><p:cNvPr id="90" name="B"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody>'
        f"<a:bodyPr/><a:p>{run('A box beside them')}</a:p></p:txBody></p:sp>"
    )
    notes.shapes._spTree.append(parse_xml(box))
    slides.slide("Next")
    document = slides.read(tmp_path)
    assert "[the tariff](https://example.org/tariff)" in document.markdown
    for text in said(document):
        at = [text.index(part) for part in ("Toll", "Say it twice", "the tariff", "A box beside them", "Next")]
        assert at == sorted(at)
        assert text.count("Say it twice") == 1


def test_a_diagram_without_texts_in_its_data_is_read_from_its_drawing(slides: Slides, tmp_path: Path) -> None:
    slide = slides.slide("Process")
    shape = "<dsp:sp><dsp:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></dsp:txBody></dsp:sp>"
    drawing = (
        f'<dsp:drawing xmlns:dsp="http://schemas.microsoft.com/office/drawing/2008/diagram" {NAMES}><dsp:spTree>'
        f"{shape.format('Load')}{shape.format('Sail')}</dsp:spTree></dsp:drawing>"
    )
    slides.part(slide.part, "http://schemas.microsoft.com/office/2007/relationships/diagramDrawing", "diagrams/d1.xml", drawing)
    frame = (
        f'<p:graphicFrame {NAMES}><p:nvGraphicFramePr><p:cNvPr id="4" name="D"/><p:cNvGraphicFramePr/><p:nvPr/>'
        '</p:nvGraphicFramePr><p:xfrm><a:off x="0" y="9"/><a:ext cx="9" cy="9"/></p:xfrm><a:graphic>'
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/diagram"><dgm:relIds r:dm="gone"/>'
        "</a:graphicData></a:graphic></p:graphicFrame>"
    )
    slide.shapes._spTree.append(parse_xml(frame))
    for text in said(slides.read(tmp_path)):
        assert text.index("Load") < text.index("Sail")


def test_columns_under_their_heads_are_read_one_by_one(slides: Slides, tmp_path: Path) -> None:
    slide = slides.file.slides.add_slide(slides.file.slide_layouts[4])
    for index, text in enumerate(("Two ports", "North", "Ice in May", "South", "Open all year")):
        slide.placeholders[index].text = text
    for text in said(slides.read(tmp_path)):
        at = [text.index(part) for part in ("Two ports", "North", "Ice in May", "South", "Open all year")]
        assert at == sorted(at)


def test_a_footer_is_kept_once_and_dates_and_numbers_are_not(slides: Slides, tmp_path: Path) -> None:
    for number in (1, 2):
        slide = slides.slide(f"Slide {number}")
        for kind, text in (("ftr", "Kelda Port Trust, internal"), ("dt", "5 May 2026"), ("sldNum", str(number))):
            shape = (
                f'<p:sp {NAMES}><p:nvSpPr><p:cNvPr id="9" name="F"/><p:cNvSpPr/><p:nvPr><p:ph type="{kind}" idx="10"/></p:nvPr>'
                f"</p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:p>{run(text)}</a:p></p:txBody></p:sp>"
            )
            slide.shapes._spTree.append(parse_xml(shape))
    for text in said(slides.read(tmp_path)):
        assert text.replace("# ", "") == "Slide 1 Kelda Port Trust, internal Slide 2"


def test_a_title_below_its_slide_is_above_what_it_names(slides: Slides, tmp_path: Path) -> None:
    slide = slides.slide("Two ports")
    slide.shapes.title.top = Inches(6)
    slides.box(slide, run("Ice until May"))
    document = slides.read(tmp_path)
    assert document.markdown.strip() == "# Two ports\n\nIce until May"
    assert chunk_text(document).split() == ["Two", "ports", "Ice", "until", "May"]


def _drawn(text: str, left: int = 9, hidden: str = "0") -> Any:
    return parse_xml(
        f'<p:sp {NAMES}><p:nvSpPr><p:cNvPr id="95" name="D" hidden="{hidden}"/><p:cNvSpPr txBox="1"/><p:nvPr userDrawn="1"/>'
        f'</p:nvSpPr><p:spPr><a:xfrm><a:off x="{left}" y="9"/><a:ext cx="9" cy="9"/></a:xfrm></p:spPr><p:txBody><a:bodyPr/>'
        f"<a:p>{run(text)}</a:p></p:txBody></p:sp>"
    )


def test_what_layouts_draw_on_every_slide_is_kept_once(slides: Slides, tmp_path: Path) -> None:
    layout = slides.file.slide_layouts[5]
    layout.shapes._spTree.append(_drawn("Kelda Port Trust"))
    layout.shapes._spTree.append(_drawn("How to use this layout", left=-900))
    layout.shapes._spTree.append(_drawn("HIDDEN", hidden="1"))
    slides.file.slide_master.shapes._spTree.append(_drawn("In confidence"))
    slides.slide("Unseen").element.set("show", "0")
    slides.slide("First")
    slides.slide("Second")
    for text in said(slides.read(tmp_path)):
        assert text.replace("# ", "") == "First In confidence Kelda Port Trust Second"


def test_a_slide_that_shows_no_shapes_of_its_master_has_no_text_of_it(slides: Slides, tmp_path: Path) -> None:
    slides.file.slide_master.shapes._spTree.append(_drawn("In confidence"))
    slides.slide("First").element.set("showMasterSp", "0")
    for text in said(slides.read(tmp_path)):
        assert "In confidence" not in text
