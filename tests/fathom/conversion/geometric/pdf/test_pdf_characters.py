"""Characters are what a reader takes them for: hyphens that belong to words, figures raised, letters that a font hides."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from fathom.conversion.geometric.layout.paragraph_text import append_text
from fathom.conversion.geometric.layout.spelling.brackets import with_brackets_as_spoken
from fathom.conversion.geometric.pdf.pages.soft_hyphens import unseen_hyphens
from tests.fathom.conversion.geometric.pdf.drawn_pdf import PROSE, convert, drawn, seen

FONT = Path(reportlab.__file__ or "").parent / "fonts/Vera.ttf"


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("the har-", "bour", "the harbour"),
        ("a well-", "known mason", "a well-known mason"),
        ("state-of-the-", "art cranes", "state-of-the-art cranes"),
        ("mother-in-", "law", "mother-in-law"),
        ("an e-", "mail came", "an e-mail came"),
        ("an X-", "ray", "an X-ray"),
        ("the long-", "term plan", "the long-term plan"),
        ("post-", "war cranes", "post-war cranes"),
        ("a good pos-", "ture", "a good posture"),
        ("he post-", "poned it", "he postponed it"),
        ("a self-", "made man", "a self-made man"),
        ("a sel-", "fish man", "a selfish man"),
        ("twenty-", "one lamps", "twenty-one lamps"),
        ("a text-", "based game", "a text-based game"),
        ("1914-", "1918", "1914-1918"),
        ("COVID-", "19", "COVID-19"),
        ("Anglo-", "Saxon", "Anglo-Saxon"),
        ("a high-", "way", "a highway"),
        ("it is open-", "ly said", "it is openly said"),
        ("the long-stand-", "ing offer", "the long-standing offer"),
    ],
)
def test_a_hyphen_at_a_line_s_end_stays_where_it_belongs_to_the_word(first: str, second: str, said: str) -> None:
    assert append_text(first, second) == said


def test_soft_hyphens_within_a_line_are_no_part_of_its_words(tmp_path: Path) -> None:
    pdfmetrics.registerFont(TTFont("Vera", FONT))

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Vera", 11)
        canvas.drawString(72, 750, "The har\u00adbour coun\u00adcil met in the har\u00advest year.")
        canvas.drawString(72, 736, "A Donau\u00addampf\u00adschiff with a divided sen\u00ad")
        canvas.drawString(72, 722, "tence came.")

    said = seen(drawn(tmp_path / "soft.pdf", draw))
    assert said == "The harbour council met in the harvest year. A Donaudampfschiff with a divided sentence came."


@pytest.mark.parametrize(
    "said", ["1914\xad1918 long\xadterm", "Anglo\xadSaxon re\xadentry", "\xad one\xadway", "a \xad b re\xadentry"]
)
def test_a_font_s_only_hyphen_is_no_soft_one(said: str) -> None:
    assert unseen_hyphens(said) == []


def test_two_words_of_the_page_keep_the_hyphen_between_them() -> None:
    said = "the stone and the bridge: a stone\xadbridge of the har\xadbour"
    assert unseen_hyphens(said) == [said.rindex("\xad")]


@pytest.mark.parametrize(
    ("painted", "spoken"),
    [
        ("ארוך )עם סוגריים( כדי", "ארוך (עם סוגריים) כדי"),
        ("ארוך (עם סוגריים) כדי", "ארוך (עם סוגריים) כדי"),
        ("نص ]مثال[ هنا", "نص [مثال] هنا"),
        ("English )odd( text", "English )odd( text"),
        ("(א) ראשון", "(א) ראשון"),
    ],
)
def test_brackets_of_leftward_text_pair(painted: str, spoken: str) -> None:
    assert with_brackets_as_spoken(painted) == spoken


def unmapped(text: str, above: str = "") -> bytes:
    """A PDF with a text in a font whose glyphs have names that say nothing, below one in a font that all know."""
    names = b" ".join(b"/g%d" % number for number in range(60))
    glyphs = b" ".join(b"/g%d 8 0 R" % number for number in range(60))
    shown = b"BT /H 12 Tf 72 700 Td (%s) Tj ET BT /F 12 Tf 72 660 Td (%s) Tj ET" % (above.encode(), text.encode())
    square = b"600 0 0 0 500 700 d1 0 0 500 700 re f"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R/H 6 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(shown), shown),
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 600 700]/FontMatrix[.001 0 0 .001 0 0]/CharProcs 7 0 R"
        b"/FirstChar 65/LastChar 124/Widths[%s]/Encoding<</Type/Encoding/Differences[65 %s]>>/Resources<<>>>>"
        % (b"600 " * 60, names),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<<%s>>" % glyphs,
        b"<</Length %d>>stream\n%s\nendstream" % (len(square), square),
    ]
    body = BytesIO()
    body.write(b"%PDF-1.5\n")
    for number, content in enumerate(objects, 1):
        body.write(b"%d 0 obj%s endobj\n" % (number, content))
    body.write(b"trailer<</Size 9/Root 1 0 R>>\n")
    return body.getvalue()


@pytest.mark.parametrize("above", ["", PROSE[0]])
def test_text_whose_letters_nobody_knows_is_named_and_no_garbage_is_given(tmp_path: Path, above: str) -> None:
    path = tmp_path / "unmapped.pdf"
    path.write_bytes(unmapped("KHOORZRUOGWHADRIDSDJH", above))
    converted = convert(path)
    assert "KHOORZRUOG" not in converted.markdown
    assert seen(converted) == above
    assert [notice.where for notice in converted.report.notices if notice.kind == "unreadable_text"] == ["page 1"]


def test_text_in_a_font_without_names_is_kept_where_its_codes_are_letters(tmp_path: Path) -> None:
    path = tmp_path / "letters.pdf"
    path.write_bytes(unmapped("Letters as they are coded"))
    assert re.sub(r"\s+", "", convert(path).markdown) == "Lettersastheyarecoded"


def test_a_document_without_any_text_says_so(tmp_path: Path) -> None:
    converted = drawn(tmp_path / "blank.pdf", lambda canvas: None, lambda canvas: canvas.line(72, 72, 200, 72))
    assert [notice.message for notice in converted.report.notices] == ["No text was found on pages 1, 2."]


def test_an_empty_page_between_others_is_no_news(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, PROSE[0])

    assert drawn(tmp_path / "between.pdf", draw, lambda canvas: None, draw).report.notices == []
