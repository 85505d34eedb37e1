"""JATS articles come through whole: titles, people, sections, tables, notes, references, text around inline elements."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from fathom.conversion.docling_backends.jats.article import ArticleReader
from fathom.conversion.docling_backends.jats.jats_notes import JatsNoteMarks
from fathom.conversion.report import ConvertedDocument
from fathom.errors import FathomError
from tests.fathom.conversion.docling_backends.marked_up import converted_text, missing, noticed

DOCTYPE = '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving DTD v1.2//EN" "JATS-archivearticle1.dtd"'
NAMES = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:mml="http://www.w3.org/1998/Math/MathML"'
LEAST = 0.05  # seconds below which two times say nothing of one another


def article(folder: Path, body: str = "", front: str = "", back: str = "", *, head: str = f"{DOCTYPE}>") -> ConvertedDocument:
    text = (
        f'<?xml version="1.0"?>{head}<article {NAMES}><front><article-meta>{front or "<title-group/>"}</article-meta></front>'
        f"<body>{body}</body><back>{back}</back></article>"
    )
    return converted_text(folder / "a.xml", text)


def gaps(folder: Path, body: str = "", front: str = "", back: str = "", **gold: Any) -> list[str]:
    return missing(article(folder, body, front, back), **gold)


def title(inside: str) -> str:
    return f"<title-group><article-title>{inside}</article-title></title-group>"


@pytest.mark.parametrize(
    ("inside", "shown"),
    [
        ("Tides of H<sub>2</sub>O", "Tides of H2O"),
        ("<italic>E. coli</italic> at 10<sup>6</sup>: a<bold>b</bold>c", "E. coli at 10^6: abc"),
        ('Ebb<xref ref-type="fn" rid="f">*</xref> and flow', "Ebb and flow"),
        ("A &amp; B &#8211; <named-content>C</named-content>", "A & B – C"),
        ("Line<break/>two", "Line two"),
        ("The <inline-formula><tex-math>$x^2$</tex-math></inline-formula> law", "The $x^2$ law"),
    ],
)
def test_titles_are_whole_whatever_elements_are_in_them(tmp_path: Path, inside: str, shown: str) -> None:
    body = f"<sec><label>1.</label><title>{inside}</title><p>Text.</p></sec>"
    document = article(tmp_path, body, title(inside), '<fn-group><fn id="f"><p>Note.</p></fn></fn-group>')
    assert missing(document, headings=[shown, f"1. {shown}"]) == []


def test_authors_affiliations_and_journal_are_told(tmp_path: Path) -> None:
    front = (
        f"{title('T')}<contrib-group><contrib><name><surname>Holm</surname><given-names>Ruth</given-names></name>"
        '<xref ref-type="aff" rid="a1"><sup>1</sup></xref></contrib><contrib contrib-type="author">'
        "<string-name>Bo Lie</string-name>"
        '<xref ref-type="aff" rid="a2">2</xref></contrib><contrib contrib-type="author"><collab>Tide Group</collab></contrib>'
        '<contrib contrib-type="editor"><name><surname>Day</surname><given-names>C</given-names></name>'
        "</contrib></contrib-group>"
        '<aff id="a1"><label>1</label><institution>Univ A</institution><city>Oslo</city><country>Norway</country></aff>'
        '<aff id="a2"><label>2</label>Inst B, Bergen</aff><author-notes>'
        "<corresp>Mail: <email>r@a.example</email></corresp></author-notes>"
        "<pub-date><day>3</day><month>5</month><year>2024</year></pub-date><volume>7</volume><issue>2</issue>"
        "<fpage>10</fpage><lpage>19</lpage>"
        '<article-id pub-id-type="doi">10.1/x</article-id><kwd-group><kwd>H<sub>2</sub>O</kwd><kwd>tide</kwd></kwd-group>'
    )
    contains = ["Ruth Holm [1], Bo Lie [2], Tide Group", "Editor: C Day", "[1] Univ A, Oslo, Norway", "[2] Inst B, Bergen",
                "3 May 2024 7(2):10–19. DOI: 10.1/x.", "Keywords: H2O, tide"]  # fmt: skip
    assert gaps(tmp_path, "<p>Text.</p>", front, contains=contains, links=["mailto:r@a.example"]) == []


def test_abstracts_keep_their_sections(tmp_path: Path) -> None:
    front = (
        f"{title('T')}<abstract><sec><title>Aim</title><p>To 10<sup>3</sup>.</p></sec></abstract><abstract>"
        f"<title>In short</title><p>So.</p></abstract>"
    )
    order = ["Abstract", "Aim", "To 10^3.", "In short", "So."]
    assert gaps(tmp_path, "<p>Text.</p>", front, in_order=order, headings=["Aim", "In short"]) == []


def test_text_around_inline_elements_keeps_its_blanks(tmp_path: Path) -> None:
    body = (
        '<p>At 10<sup>3</sup> points<xref ref-type="fn" rid="f1"><sup>a</sup></xref> we used <italic>Zostera</italic> beds'
        '<sup><xref ref-type="bibr" rid="r1">1</xref>,<xref ref-type="bibr" rid="r2">2</xref></sup> and un<bold>like</bold>ly '
        'levels<xref ref-type="bibr" rid="r1">1</xref> (<xref ref-type="bibr" rid="r1">1</xref>; see <xref '
        'ref-type="fig" rid="g">Fig 1'
        '</xref>) of CO<sub>2</sub> <ext-link xlink:href="https://a.example/x">here</ext-link>, <monospace>a_b</monospace>.'
        "<fn><p>Within the line.</p></fn> End.</p>"
    )
    shown = "At 10^3 points[^a] we used Zostera beds[1,2] and unlikely levels[1] (1; see Fig 1) of CO2 here, a_b.[^1] End."
    back = '<fn-group><fn id="f1"><label>a</label><p>Random points.</p></fn><fn><p>No conflict.</p></fn></fn-group>'
    document = article(tmp_path, body, title("T"), back)
    order = [shown, "[^1]: Within the line.", "[^a]: Random points.", "No conflict."]
    assert missing(document, in_order=order, links=["https://a.example/x"]) == []


def test_tables_have_heads_of_several_rows_spans_feet_and_notes(tmp_path: Path) -> None:
    body = (
        "<table-wrap><label>Table 1.</label><caption><title>Depths of <italic>x</italic></title><p>In m.</p>"
        "</caption><table><thead>"
        '<tr><th rowspan="2">Site</th><th colspan="2">Depth</th></tr><tr><td>Low</td><td>High</td></tr></thead>'
        "<tfoot><tr><td>Sum</td><td>5</td><td>6</td></tr></tfoot><tbody><tr><th>Alta</th>"
        '<td>1<xref ref-type="table-fn" rid="t1">a</xref></td>'
        '<td>10<sup>3</sup></td></tr><tr><td rowspan="2">Bodø</td><td><p>one</p><p>two</p></td><td><list>'
        "<list-item><p>x</p></list-item></list>"
        "</td></tr><tr><td>u</td><td>v</td></tr></tbody></table><table-wrap-foot><p>All at noon.</p>"
        '<fn id="t1"><label>a</label><p>Low tide.</p></fn><attrib>From B.</attrib></table-wrap-foot></table-wrap>'
    )
    rows = [
        ["Site", "Depth Low", "Depth High"],
        ["Alta", "1[^a]", "10^3"],
        ["Bodø", "one two", "x"],
        ["Bodø", "u", "v"],
        ["Sum", "5", "6"],
    ]
    order = ["Table 1. Depths of x In m.", "Alta", "Sum", "All at noon.", "[^a]: Low tide.", "From B."]
    assert gaps(tmp_path, body, rows=rows, in_order=order) == []


def test_tables_of_the_cals_model_are_read(tmp_path: Path) -> None:
    body = (
        '<table-wrap><table><tgroup cols="3"><colspec colname="c1"/><colspec colname="c2"/><colspec colname="c3"/><thead><row>'
        '<entry morerows="1">Site</entry><entry namest="c2" nameend="c3">Depth</entry></row><row>'
        "<entry>Low</entry><entry>High</entry></row>"
        "</thead><tbody><row><entry>Alta</entry><entry>1</entry><entry>3</entry></row></tbody></tgroup></table></table-wrap>"
    )
    assert gaps(tmp_path, body, rows=[["Site", "Depth Low", "Depth High"], ["Alta", "1", "3"]]) == []


def test_a_table_without_a_marked_head_begins_with_its_rows_of_names(tmp_path: Path) -> None:
    body = "<table-wrap><table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table></table-wrap>"
    assert "| A | B |\n|-|-|\n| 1 | 2 |" in article(tmp_path, body).markdown


def test_lists_definitions_quotes_boxes_and_code_keep_their_text_and_order(tmp_path: Path) -> None:
    body = (
        '<p>Before:<list list-type="alpha-lower"><list-item><p>one</p><list list-type="bullet"><list-item>'
        "<p>inner</p></list-item></list>"
        "</list-item><list-item><p>two</p><p>more</p></list-item></list> after.</p>"
        "<def-list><title>Words</title><def-item><term>H<sub>2</sub>O</term><def><p>water</p></def></def-item>"
        "<def-item><term>Neap</term>"
        "<def><p>small</p></def></def-item></def-list><disp-quote><p>Calm.</p><attrib>Bo</attrib></disp-quote>"
        "<boxed-text><caption><title>Box</title></caption><p>Key.</p></boxed-text><verse-group><verse-line>la</verse-line>"
        '<verse-line>lo</verse-line></verse-group><code language="python">if x:\n    y</code><statement>'
        "<label>Law 1</label><p>Holds.</p>"
        "</statement><speech><speaker>Ann</speaker><p>Hi.</p></speech>"
        '<supplementary-material xlink:href="s1.zip"><label>S1</label>'
        "<caption><p>Data.</p></caption></supplementary-material>"
    )
    document = article(tmp_path, body)
    order = ["Before:", "a. one", "inner", "b. two", "more", "after.", "Words", "H2O: water", "Neap: small",
             "Calm.", "Bo", "Box", "Key.", "la", "lo", "if x:", "Law 1. Holds.", "Ann: Hi.", "S1 Data. s1.zip"]  # fmt: skip
    assert missing(document, in_order=order) == []
    assert "```python\nif x:\n    y\n```" in document.markdown
    assert document.markdown.count("Box") == 1


def test_formulas_are_tex_or_made_of_their_mathml_and_pictures_of_them_are_named(tmp_path: Path) -> None:
    body = (
        "<p>So <inline-formula><alternatives>"
        "<tex-math>\\documentclass{minimal}\\begin{document}$$\\alpha_1$$\\end{document}</tex-math>"
        "<mml:math><mml:mi>a</mml:mi></mml:math></alternatives></inline-formula> and <inline-formula><mml:math>"
        "<mml:msup><mml:mi>x</mml:mi>"
        "<mml:mn>2</mml:mn></mml:msup></mml:math></inline-formula>.</p><disp-formula><label>(1)</label>"
        "<mml:math><mml:mfrac><mml:mi>a</mml:mi>"
        '<mml:mi>b</mml:mi></mml:mfrac></mml:math></disp-formula><disp-formula><graphic xlink:href="f.gif"/></disp-formula>'
    )
    document = article(tmp_path, body)
    assert "So $\\alpha_1$ and $x^{2}$." in document.markdown
    assert "$$\\frac{a}{b} \\tag{1}$$" in document.markdown
    assert noticed(document) == {"formula_as_picture"}


def test_figures_have_label_caption_and_what_describes_them_wherever_they_float(tmp_path: Path) -> None:
    body = (
        "<fig><label>Fig 1</label><caption><title>Buoy</title><p>At <bold>sea</bold>.</p></caption>"
        "<alt-text>A red buoy</alt-text></fig>"
    )
    text = (
        f"<?xml version='1.0'?>{DOCTYPE}><article {NAMES}><front><article-meta>{title('T')}</article-meta>"
        f"</front><body>{body}</body>"
        "<back><ack><p>Thanks.</p></ack></back><floats-group><fig><label>Fig 2</label><caption><p>Floats.</p>"
        "</caption></fig></floats-group>"
        f"<sub-article><front-stub>{title('Reply')}</front-stub><body><p>We agree.</p></body></sub-article></article>"
    )
    document = converted_text(tmp_path / "a.xml", text)
    order = ["Fig 1 Buoy At sea.", "A red buoy", "Fig 2 Floats.", "Acknowledgments", "Thanks.", "Reply", "We agree."]
    assert missing(document, in_order=order, headings=["Acknowledgments", "Reply"]) == []


def test_references_read_as_entries_whether_set_or_only_data(tmp_path: Path) -> None:
    back = (
        "<ref-list><title>Works</title><ref><label>1</label>"
        "<mixed-citation>Lie M. <italic>Old</italic> tides. 1999.</mixed-citation></ref>"
        "<ref><label>2</label><element-citation><person-group><name><surname>Doe</surname>"
        "<given-names>J</given-names></name><etal/>"
        "</person-group><article-title>On CO<sub>2</sub></article-title><source>J Tide</source><year>2001</year>"
        "<volume>5</volume>"
        '<fpage>1</fpage><lpage>9</lpage><pub-id pub-id-type="doi">10.1/y</pub-id></element-citation></ref><ref>'
        "<mixed-citation>"
        "<string-name><surname>Roe</surname><given-names>K</given-names></string-name>, <year>2002</year>"
        "</mixed-citation></ref></ref-list>"
    )
    contains = ["1. Lie M. Old tides. 1999.", "2. Doe J, et al. On CO2. J Tide 5:1–9. (2001). DOI: 10.1/y", "Roe K, 2002"]
    assert gaps(tmp_path, "<p>T.</p>", "", back, contains=contains, headings=["Works"], links=["https://doi.org/10.1/y"]) == []


@pytest.mark.parametrize(
    "head",
    [
        "",
        f"{DOCTYPE}>",
        '<!DOCTYPE article SYSTEM "journalpublishing3.dtd">',
        f'{DOCTYPE}[<!ENTITY deg "°"><!ENTITY tide "the &#x65;bb">]>',
    ],
)
def test_articles_of_any_dtd_are_read_with_their_named_characters(tmp_path: Path, head: str) -> None:
    own = "&tide;" if "ENTITY" in head else "the ebb"
    document = article(tmp_path, f"<p>At 5&deg;C&nbsp;in {own} &alpha;.</p>", title("T"), head=head)
    assert missing(document, contains=["At 5°C in the ebb α."], headings=["T"]) == []


def test_an_article_in_a_namespace_and_another_script_is_read(tmp_path: Path) -> None:
    text = (
        "<?xml version='1.0'?><article xmlns='https://jats.nlm.nih.gov/ns/archiving/1.3/'><front><article-meta>"
        "<title-group><article-title>"
        "Приливы H<sub>2</sub>O</article-title></title-group></article-meta></front><body>"
        "<p>潮<bold>位</bold>表。</p></body></article>"
    )
    document = converted_text(tmp_path / "a.xml", text)
    assert missing(document, contains=["潮位表。"], headings=["Приливы H2O"]) == []


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (f"{DOCTYPE}>", "<sec>" * 200 + "<p>x</p>" + "</sec>" * 200),
        (f"{DOCTYPE}>", "<p>" + "<bold>" * 230 + "x" + "</bold>" * 230 + "</p>"),
        (f"{DOCTYPE}>", "<table-wrap><table>" + '<tr><td colspan="9999">x</td></tr>' * 90_000 + "</table></table-wrap>"),
        (f'{DOCTYPE}[<!ENTITY a "{"x" * 1000}">' + "".join(
            f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">' for n in range(8)) + "]>", "<p>&i;</p>"),
        (f"{DOCTYPE}>", "<p>never closed"),
    ],
)  # fmt: skip
def test_hostile_articles_end_with_a_name_for_what_is_wrong(tmp_path: Path, head: str, body: str) -> None:
    with pytest.raises(FathomError):
        article(tmp_path, body, head=head)


def test_files_outside_are_never_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the secret", "utf-8")
    head = f'{DOCTYPE}[<!ENTITY s SYSTEM "file://{tmp_path}/secret.txt">]>'
    assert "the secret" not in article(tmp_path, "<p>Say &s; here.</p>", title("T"), head=head).markdown


@pytest.mark.parametrize(
    "piece",
    ['<p>a<sup><xref ref-type="bibr" rid="r">1</xref></sup></p>', "<p>b<fn><label>a</label><p>n</p></fn></p>", "<aff>x</aff>",
     "<table-wrap><table><tr><td>x</td></tr></table></table-wrap>", "<p>x<bold>y</bold></p>"],
)  # fmt: skip
def test_time_grows_with_the_length_of_the_article(piece: str) -> None:
    def seconds(count: int) -> float:
        root = etree.fromstring(f"<article><body><sec>{piece * count}</sec></body></article>")
        begun = time.process_time()
        ArticleReader(root, JatsNoteMarks(root), {}).read()
        return time.process_time() - begun

    seconds(100)
    few, many = seconds(1000), seconds(8000)
    assert many < max(few, LEAST) * 8 * 4


def test_what_is_said_of_people_and_of_the_title_is_told(tmp_path: Path) -> None:
    front = (
        '<title-group><article-title>T<xref ref-type="fn" rid="n">*</xref></article-title><fn-group><fn id="n"><p>Told at sea.'
        "</p></fn></fn-group></title-group><contrib-group><contrib><name><surname>Holm</surname></name><bio><p>Ruth dives.</p>"
        "</bio><address><country>Norway</country></address></contrib><contrib><collab>Tide Group<contrib-group><contrib><name>"
        "<surname>Lie</surname><given-names>Bo</given-names></name></contrib></contrib-group></collab>"
        "<on-behalf-of>for the Sea Trust</on-behalf-of></contrib></contrib-group>"
    )
    found = gaps(tmp_path, front=front, contains=["Told at sea.", "Ruth dives.", "Norway", "Bo Lie", "for the Sea Trust"])
    assert found == []


def test_supplements_conferences_and_companions_of_the_front_are_told(tmp_path: Path) -> None:
    front = (
        f'{title("T")}<supplementary-material xlink:href="s1.pdf"><label>S1</label><caption><p>Depth log.</p></caption>'
        "</supplementary-material><conference><conf-date>May 2018</conf-date><conf-name>TideConf</conf-name></conference>"
        "<related-article><article-title>Companion piece</article-title></related-article>"
    )
    assert gaps(tmp_path, front=front, contains=["S1 Depth log. s1.pdf", "May 2018 TideConf", "Companion piece"]) == []


@pytest.mark.parametrize("holder", ["fig", "table-wrap"])
def test_a_supplement_in_a_caption_is_told_once(tmp_path: Path, holder: str) -> None:
    body = (
        f"<{holder}><label>Float 1.</label><caption><p>The tides.</p><p><supplementary-material><label>Source data 1.</label>"
        '<caption><p>Raw log.</p></caption><media xlink:href="a.xlsx"><caption><p>A sheet.</p></caption></media>'
        f"</supplementary-material></p></caption></{holder}>"
    )
    document = article(tmp_path, body)
    assert missing(document, in_order=["Float 1. The tides.", "Source data 1. Raw log.", "A sheet.", "a.xlsx"]) == []
    assert document.markdown.count("Raw log.") == 1


def test_an_array_is_a_table(tmp_path: Path) -> None:
    assert gaps(tmp_path, "<array><tbody><tr><td>low</td><td>high</td></tr></tbody></array>", rows=[["low", "high"]]) == []


WHOLE = (
    "<article{names}><front><article-meta><title-group><article-title>{title}</article-title></title-group></article-meta></front>"
    '<body><p>On {title}<xref ref-type="fn" rid="n">1</xref>.</p></body><back><fn-group><fn id="n"><label>1</label>'
    "<p>See {title}.</p></fn></fn-group></back></article>"
)


@pytest.mark.parametrize(
    "holder",
    [
        "<pmc-articleset>{}</pmc-articleset>",
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><header><identifier>oai:1</identifier></header>{}</OAI-PMH>',
    ],
)
def test_the_articles_of_an_archives_answer_are_read_one_after_another(tmp_path: Path, holder: str) -> None:
    names = ' xmlns="https://jats.nlm.nih.gov/ns/archiving/1.0/"'
    text = holder.format("".join(WHOLE.format(names=names, title=title) for title in ("Tides", "Moons")))
    document = converted_text(tmp_path / "a.xml", text)
    order = ["On Tides[^1].", "[^1]: See Tides.", "On Moons[^1-2].", "[^1-2]: See Moons."]
    assert missing(document, headings=["Tides", "Moons"], in_order=order, lacks=["oai:1"]) == []
    assert document.report.text_recall == 1.0


def test_an_article_may_be_a_body_only(tmp_path: Path) -> None:
    document = converted_text(
        tmp_path / "a.xml", "<article><body><sec><title>Methods</title><p>Sail.</p></sec></body></article>"
    )
    assert missing(document, headings=["Methods"], contains=["Sail."]) == []


def test_cells_of_the_exchange_model_stand_in_the_columns_that_they_name(tmp_path: Path) -> None:
    table = (
        '<oasis:table xmlns:oasis="urn:x"><oasis:tgroup><oasis:colspec colname="a"/><oasis:colspec colname="b"/>'
        '<oasis:colspec colname="c"/><oasis:tbody><oasis:row><oasis:entry morerows="1">down</oasis:entry><oasis:entry>x'
        '</oasis:entry><oasis:entry>y</oasis:entry></oasis:row><oasis:row><oasis:entry colname="c">z</oasis:entry></oasis:row>'
        '<oasis:row><oasis:entry colname="b">last</oasis:entry></oasis:row></oasis:tbody></oasis:tgroup></oasis:table>'
    )
    document = article(tmp_path, f"<table-wrap>{table}</table-wrap>")
    assert missing(document, rows=[["down", "x", "y"]]) == []
    assert document.markdown.splitlines()[-2:] == ["| down |  | z |", "|  | last |  |"]


def test_names_of_items_meanings_of_abbreviations_and_readings_stand_where_they_belong(tmp_path: Path) -> None:
    body = (
        "<p>The <abbrev>WHO<def><p>World Health</p></def></abbrev> in <ruby><rb>\u6f22</rb><rt>kan</rt></ruby>.</p>"
        "<list><list-item><title>Neap</title><p>small</p></list-item></list>"
    )
    assert gaps(tmp_path, body, contains=["The WHO (World Health) in \u6f22(kan)."], in_order=["Neap", "small"]) == []
