"""A Word paragraph is read as Word shows it: words whole, special characters as characters, fields as results."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fathom.conversion.docling_backends.office_files import (
    WORD_NAMES,
    converted,
    notices,
    paragraph,
    run,
    said,
    table,
    word,
)

ALIGN = '<w:vertAlign w:val="{}"/>'
FIELD = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
STYLES = """<w:styles {}><w:style w:type="character" w:styleId="Secret"><w:name w:val="Secret"/><w:rPr><w:vanish/></w:rPr>
</w:style><w:style w:type="character" w:styleId="Deeper"><w:basedOn w:val="Secret"/></w:style><w:style w:type="character"
w:styleId="Raised"><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style></w:styles>"""


def field(instruction: str, result: str | None) -> str:
    """Returns a complex field; one without a result has no separator."""
    shown = "" if result is None else FIELD.format("separate") + run(result)
    instructed = f'<w:r><w:instrText xml:space="preserve">{instruction}</w:instrText></w:r>'
    return FIELD.format("begin") + instructed + shown + FIELD.format("end")


WHOLE = {
    "bold syllables": (run("Re", "<w:b/>") + run("new") + run("able", "<w:i/>") + run(" energy"), "Renewable energy"),
    "subscript": (run("CO") + run("2", ALIGN.format("subscript")) + run(" is low."), "CO2 is low."),
    "raised number": (run("10") + run("6", ALIGN.format("superscript")) + run(" m"), "10^6 m"),
    "raised unit": (run("5 m") + run("3", ALIGN.format("superscript")) + run("."), "5 m3."),
    "raised by a style": (run("10") + run("9", '<w:rStyle w:val="Raised"/>'), "10^9"),
    "ordinal": (run("the 4") + run("th", ALIGN.format("superscript")) + run(" berth"), "the 4th berth"),
    "coloured letter": (run("H", '<w:color w:val="FF0000"/>') + run("arbour"), "Harbour"),
    "spell-checked word": (run("mis") + '<w:proofErr w:type="spellStart"/>' + run("spelt"), "misspelt"),
    "bookmark in a word": (run("har") + '<w:bookmarkStart w:id="1" w:name="b"/>' + run("bour"), "harbour"),
    "link before a comma": (
        run("see ") + f'<w:hyperlink r:id="l">{run("the chart")}</w:hyperlink>' + run(", then sail"),
        "see the chart, then sail",
    ),
    "link in a word": (run("pre") + f'<w:hyperlink r:id="l">{run("view")}</w:hyperlink>' + run("s"), "previews"),
    "soft hyphens": ("<w:r><w:t>co</w:t><w:softHyphen/><w:t>oper\u00adate</w:t></w:r>", "cooperate"),
    "no-break hyphen": ("<w:r><w:t>non</w:t><w:noBreakHyphen/><w:t>stick</w:t></w:r>", "non-stick"),
    "tab": ("<w:r><w:t>Term</w:t><w:tab/><w:t>Meaning</w:t></w:r>", "Term Meaning"),
    "tab of another kind": ("<w:r><w:t>Left</w:t><w:ptab/><w:t>right</w:t></w:r>", "Left right"),
    "line breaks": ("<w:r><w:t>one</w:t><w:br/><w:t>two</w:t><w:cr/><w:t>three</w:t></w:r>", "one two three"),
    "breaks of column and page": (
        '<w:r><w:t>one</w:t><w:br w:type="column"/><w:t>two</w:t><w:br w:type="page"/><w:t>three</w:t></w:r>',
        "one two three",
    ),
    "pretty-printed file": ("<w:r><w:t>\n   har\n  </w:t></w:r><w:r><w:t>\n   bour\n  </w:t></w:r>", "harbour"),
    "blank that is not preserved": ("<w:r><w:t>one </w:t></w:r><w:r><w:t>two</w:t></w:r>", "one two"),
    "degree of a symbol font": ('<w:r><w:t>20</w:t><w:sym w:font="Symbol" w:char="F0B0"/><w:t>C</w:t></w:r>', "20°C"),
    "tick": ('<w:r><w:sym w:font="Wingdings" w:char="F0FC"/><w:t xml:space="preserve"> done</w:t></w:r>', "✓ done"),
    "arrow": ('<w:r><w:t>A</w:t><w:sym w:font="Wingdings" w:char="F0E0"/><w:t>B</w:t></w:r>', "A→B"),
    "greek": ('<w:r><w:sym w:font="Symbol" w:char="F061"/><w:t>-ray</w:t></w:r>', "α-ray"),
    "text in a symbol font": (run("\uf0b7", '<w:rFonts w:ascii="Symbol"/>') + run(" dot"), "• dot"),
    "symbol of a plain font": ('<w:r><w:sym w:font="Arial" w:char="2192"/><w:t>x</w:t></w:r>', "→x"),
    "ruby": (
        f"<w:r><w:ruby><w:rubyPr/><w:rt>{run('とうきょう')}</w:rt><w:rubyBase>{run('東京')}</w:rubyBase></w:ruby></w:r>"
        + run("駅"),
        "東京(とうきょう)駅",
    ),
    "direction": (f'<w:bdo w:val="rtl">{run("over")}</w:bdo><w:dir w:val="ltr">{run("ridden")}</w:dir>', "overridden"),
    "tag in a tag": (f"<w:smartTag><w:customXml><w:ins>{run('Larvik')}</w:ins></w:customXml></w:smartTag>", "Larvik"),
    "control in a control": (
        f"<w:sdt><w:sdtContent><w:sdt><w:sdtContent>{run('inner')}</w:sdtContent></w:sdt>{run(' text')}</w:sdtContent></w:sdt>",
        "inner text",
    ),
    "simple field": (f'<w:fldSimple w:instr=" MERGEFIELD Due ">{run("9 June")}</w:fldSimple>', "9 June"),
    "complex field": (run("See ") + field(" REF _Ref9 ", "Figure 7") + run("."), "See Figure 7."),
    "field in an instruction": (
        FIELD.format("begin")
        + "<w:r><w:instrText> IF </w:instrText></w:r>"
        + field(" MERGEFIELD x ", "UNSEEN")
        + FIELD.format("separate")
        + run("chosen")
        + FIELD.format("end"),
        "chosen",
    ),
    "symbol field": (field(' SYMBOL 176 \\f "Symbol" ', None) + run("C"), "°C"),
    "old ruby field": (field(" EQ \\* jc2 \\o\\ad(\\s\\up 9(かん),漢) ", None) + run("字"), "漢(かん)字"),
    "field that does not end": (FIELD.format("begin") + run("kept words"), "kept words"),
    "alternative runs": (
        '<w:r><mc:AlternateContent><mc:Choice Requires="w14"><w:t>new</w:t></mc:Choice><mc:Fallback><w:t>old</w:t>'
        "</mc:Fallback></mc:AlternateContent></w:r>",
        "new",
    ),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_line_is_read_as_word_shows_it(kind: str, tmp_path: Path) -> None:
    runs, shown = WHOLE[kind]
    parts = {"styles.xml": STYLES.format('xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"')}
    made = converted(word(tmp_path / "a.docx", f"<w:p>{runs}</w:p>", parts, {"l": "https://example.org/l"}))
    assert said(made) == (shown, shown)


@pytest.mark.parametrize("kind", ["bold syllables", "subscript", "degree of a symbol font", "link before a comma", "ruby"])
def test_cells_lists_and_headings_read_their_lines_alike(kind: str, tmp_path: Path) -> None:
    runs, shown = WHOLE[kind]
    numbered = '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    numbering = (
        '<w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        '<w:abstractNum w:abstractNumId="0">'
        '<w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum><w:num w:numId="1">'
        '<w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    headed = '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>'
    styles = (
        '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:style w:type="paragraph" '
        'w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>'
    )
    body = f"<w:p>{headed}{runs}</w:p><w:p>{numbered}{runs}</w:p>"
    body += table((paragraph("Name"), paragraph("Value")), (paragraph("x"), f"<w:p>{runs}</w:p>"))
    path = word(tmp_path / "a.docx", body, {"numbering.xml": numbering, "styles.xml": styles}, {"l": "https://example.org/l"})
    for text in said(converted(path)):
        assert text.count(shown) == 3
        assert f"1. {shown}" in text


def test_links_keep_their_targets_also_those_of_fields_and_in_cells(tmp_path: Path) -> None:
    in_field = field(' HYPERLINK "https://example.org/field" \\l "part" ', "by a field")
    cell = f'<w:p><w:hyperlink r:id="l" w:anchor="top">{run("in a cell")}</w:hyperlink></w:p>'
    body = f"<w:p>{in_field}</w:p>" + table((paragraph("a"), paragraph("b")), (paragraph("c"), cell))
    made = converted(word(tmp_path / "a.docx", body, links={"l": "https://example.org/cell"}))
    assert "[by a field](https://example.org/field#part)" in made.markdown
    assert "[in a cell](https://example.org/cell#top)" in made.markdown


def test_struck_text_is_marked_and_deleted_or_hidden_text_is_left_out_and_named(tmp_path: Path) -> None:
    lines = [
        run("Price ") + run("900", "<w:strike/>") + run(" 700") + run("twice", "<w:dstrike/>"),
        run("kept") + "<w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>",
        run("moved ") + f"<w:moveFrom>{run('from here')}</w:moveFrom><w:moveTo>{run('to here')}</w:moveTo>",
        run("seen") + run("HIDDEN", "<w:vanish/>") + run("ALSO", '<w:rStyle w:val="Deeper"/>'),
        run("shown", '<w:vanish w:val="0"/>') + run(" on the web", "<w:webHidden/>"),
    ]
    styles = STYLES.format('xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"')
    body = "".join(f"<w:p>{line}</w:p>" for line in lines)
    made = converted(word(tmp_path / "a.docx", body, {"styles.xml": styles}))
    assert "~~900~~" in made.markdown
    for text in said(made):
        assert "moved to here" in text
        assert "shown on the web" in text
        assert not [word for word in ("deleted", "from here", "HIDDEN", "ALSO") if word in text]
    assert notices(made) == {"deleted_text": 1, "hidden_text": 1}


def test_a_deleted_paragraph_mark_joins_paragraphs_and_a_deleted_row_is_gone(tmp_path: Path) -> None:
    body = f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{run('half a ')}</w:p>" + paragraph("sentence")
    rows = table((paragraph("a"), paragraph("b")), (paragraph("c"), paragraph("d")))
    rows = rows.replace("<w:tr><w:tc>", "<w:tr><w:trPr><w:del/></w:trPr><w:tc>", 2).replace(
        "<w:tr><w:trPr><w:del/></w:trPr><w:tc>", "<w:tr><w:tc>", 1
    )
    made = converted(word(tmp_path / "a.docx", body + rows))
    assert "half a sentence" in made.markdown
    assert "d" not in made.markdown.rpartition("sentence")[2].replace("b", "")


def test_cells_that_were_deleted_are_gone(tmp_path: Path) -> None:
    rows = table((paragraph("a"), paragraph("b"), paragraph("gone1")), (paragraph("c"), paragraph("d"), paragraph("gone2")))
    for word_of in ("gone1", "gone2"):
        rows = rows.replace(f"<w:tc>{paragraph(word_of)}", f"<w:tc><w:tcPr><w:cellDel/></w:tcPr>{paragraph(word_of)}")
    made = converted(word(tmp_path / "a.docx", rows))
    for text in said(made):
        assert "a | b" in text
        assert "c | d" in text
        assert "gone" not in text
    assert notices(made) == {"deleted_text": 2}


@pytest.mark.parametrize("initial", ["O", "Once u"])
def test_an_initial_over_several_lines_begins_its_word(initial: str, tmp_path: Path) -> None:
    body = paragraph(initial, '<w:framePr w:dropCap="drop" w:lines="3"/>') + paragraph("Once upon a time".removeprefix(initial))
    for text in said(converted(word(tmp_path / "a.docx", body))):
        assert text == "Once upon a time"


def test_outline_levels_make_headings_of_short_paragraphs(tmp_path: Path) -> None:
    styles = (
        f'<w:styles {WORD_NAMES}><w:style w:type="paragraph" w:styleId="ct"><w:name w:val="Clause Title"/><w:pPr>'
        '<w:outlineLvl w:val="1"/></w:pPr></w:style><w:style w:type="paragraph" w:styleId="cb"><w:name w:val="Clause B"/>'
        '<w:basedOn w:val="ct"/></w:style></w:styles>'
    )
    clause = "The buyer pays within thirty days of the day on which the goods were landed. " * 4
    body = paragraph("Parties", '<w:pStyle w:val="ct"/>') + paragraph("Goods", '<w:pStyle w:val="cb"/>')
    body += paragraph("By hand", '<w:outlineLvl w:val="0"/>') + paragraph("Body text", '<w:outlineLvl w:val="9"/>')
    body += paragraph("Pasted from a notebook", '<w:ind w:left="540"/><w:outlineLvl w:val="2"/>')
    body += paragraph(clause, '<w:pStyle w:val="cb"/>')
    lines = converted(word(tmp_path / "a.docx", body, {"styles.xml": styles})).markdown.splitlines()
    headings = [line.lstrip("# ") for line in lines if line.startswith("#")]
    assert headings == ["Parties", "Goods", "By hand"]


def test_form_controls_show_their_state(tmp_path: Path) -> None:
    state = '<w14:checkbox><w14:checked w14:val="{}"/></w14:checkbox>'
    box = f"<w:sdt><w:sdtPr>{state}</w:sdtPr><w:sdtContent>{{}}</w:sdtContent></w:sdt>"
    old = '<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{}</w:ffData></w:fldChar></w:r>' + FIELD.format("end")
    choice = '<w:ddList><w:result w:val="1"/><w:listEntry w:val="north"/><w:listEntry w:val="south"/></w:ddList>'
    body = f"<w:p>{box.format(1, run('☒'))}{run(' Insured')}</w:p><w:p>{box.format(0, run('☐'))}{run(' Leased')}</w:p>"
    body += f"<w:p>{run('Yes ')}{box.format(1, run('☒'))}{run(' No ')}{box.format(0, run('☐'))}</w:p>"
    body += f"<w:p>{old.format('<w:checkBox><w:checked/></w:checkBox>')}{run(' old box')}</w:p>"
    body += f"<w:p>{run('Berth ')}{old.format(choice)}</w:p>"
    body += table((paragraph("Asked"), paragraph("Said")), (paragraph("Paid"), f"<w:p>{box.format(1, run('☒'))}</w:p>"))
    for text in said(converted(word(tmp_path / "a.docx", body))):
        assert "[x] Insured" in text
        assert "[ ] Leased" in text
        assert "Yes ☒ No ☐" in text
        assert "☒ old box" in text
        assert "Berth south" in text
        assert "Paid | ☒" in text


def test_a_formula_stands_in_its_line_and_beside_formats(tmp_path: Path) -> None:
    formula = "<m:oMath><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath>"
    body = f"<w:p>{run('Area ')}{formula}{run(' of ')}{run('walls', '<w:b/>')}{run('.')}</w:p>"
    body += f"<w:p>{formula}</w:p>"
    made = converted(word(tmp_path / "a.docx", body))
    assert "Area $x^{2}$ of **walls**." in made.markdown
    assert "$$x^{2}$$" in made.markdown


def test_an_empty_document_of_wrappers_only_is_no_content(tmp_path: Path) -> None:
    body = "<w:sdt><w:sdtContent><w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p></w:sdtContent></w:sdt>"
    body += paragraph("x") + "<w:p><w:smartTag/><w:hyperlink/><w:r/></w:p>"
    assert converted(word(tmp_path / "a.docx", body)).markdown == "x"
