"""Write the eight sample documents: `python samples/make_samples.py [--to FOLDER]`; the same ones every time."""

from __future__ import annotations

import argparse
import io
import random
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import reportlab
import story
from docx import Document
from openpyxl import Workbook
from openpyxl.styles import Font
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from pptx import Presentation
from pptx.util import Inches, Pt
from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    FrameBreak,
    KeepTogether,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

MADE = datetime(2024, 4, 8, 9, 0, 0)
FONTS = Path(reportlab.__file__).parent / "fonts"
BLUE = HexColor("#1f4e79")

BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=10, leading=13, spaceAfter=6, alignment=4)
HEADING = ParagraphStyle(
    "heading", fontName="Helvetica-Bold", fontSize=12.5, leading=16, spaceBefore=8, spaceAfter=4, textColor=BLUE
)
TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=21, leading=26, textColor=BLUE)
BYLINE = ParagraphStyle("byline", fontName="Helvetica", fontSize=10, leading=14)
CAPTION = ParagraphStyle("caption", fontName="Times-Italic", fontSize=9, leading=12, spaceBefore=6, spaceAfter=3)
CELL = ParagraphStyle("cell", fontName="Helvetica", fontSize=8, leading=10)


def history_pdf() -> bytes:
    """Two columns below a title over both, a ruled table, a running header and page numbers."""
    width, height = A4
    margin, gap, top, bottom = 20 * mm, 8 * mm, 25 * mm, 22 * mm
    column = (width - 2 * margin - gap) / 2
    title_height = 26 * mm
    body = height - top - bottom

    def columns(name: str, column_height: float) -> list[Frame]:
        places = (margin, margin + column + gap)
        bare = {"leftPadding": 0, "rightPadding": 0, "topPadding": 0, "bottomPadding": 0}
        return [Frame(x, bottom, column, column_height, id=f"{name}{n}", **bare) for n, x in enumerate(places)]

    def furniture(canvas: Canvas, document: BaseDocTemplate) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(margin, height - 14 * mm, "Kelmouth Harbour Trust: A short history")
        canvas.drawRightString(width - margin, 12 * mm, f"Page {document.page}")

    out = io.BytesIO()
    document = BaseDocTemplate(out, pagesize=A4, title=story.HISTORY_TITLE, author=story.HISTORY_AUTHOR, invariant=1)
    heading = Frame(margin, height - top - title_height, width - 2 * margin, title_height, id="title", leftPadding=0)
    first = PageTemplate("first", [heading, *columns("first", body - title_height - 4 * mm)], onPage=furniture)
    document.addPageTemplates([first, PageTemplate("later", columns("later", body), onPage=furniture)])
    flow: list[object] = [
        NextPageTemplate("later"),
        Paragraph(story.HISTORY_TITLE, TITLE),
        Spacer(1, 4),
        Paragraph(story.HISTORY_AUTHOR, BYLINE),
        FrameBreak(),
    ]
    for name, paragraphs in story.HISTORY:
        flow.append(Paragraph(name, HEADING))
        flow.extend(Paragraph(text.replace("&", "&amp;"), BODY) for text in paragraphs)
        if name == "The works":
            flow.append(
                KeepTogether([Paragraph("Table 1. Contracts of the Kelmouth Harbour Trust", CAPTION), _contracts(column)])
            )
    document.build(flow)
    return out.getvalue()


def _contracts(width: float) -> Table:
    rows = [
        [Paragraph(f"<b><font color='white'>{text}</font></b>", CELL) for text in story.CONTRACTS_HEAD],
        *([Paragraph(text, CELL) for text in row] for row in story.CONTRACTS),
    ]
    table = Table(rows, colWidths=[width * share for share in (0.34, 0.22, 0.25, 0.19)], hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.5, HexColor("#444444")),
                ("BACKGROUND", (0, 0), (-1, 0), BLUE),
                ("TEXTCOLOR", (0, 0), (-1, 0), white),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return table


def minutes_pdf() -> bytes:
    """A typed page as a scanner gives it: grey, a little turned, a little dirty, and no text in the file."""
    chance = random.Random(1887)
    page = Image.new("L", (1240, 1754), 246)
    draw = ImageDraw.Draw(page)
    bold, plain = (ImageFont.truetype(str(FONTS / name), size) for name, size in (("VeraBd.ttf", 38), ("Vera.ttf", 29)))
    y = 170
    for number, line in enumerate(story.MINUTES):
        draw.text((150, y), line, font=bold if number < 2 else plain, fill=38)
        y += 56 if number < 2 else 46
    page = page.rotate(0.8, resample=Image.Resampling.BICUBIC, fillcolor=246).filter(ImageFilter.GaussianBlur(0.6))
    dots = ImageDraw.Draw(page)
    for _ in range(420):
        x, y, shade = chance.randrange(page.width), chance.randrange(page.height), chance.randrange(120, 235)
        dots.ellipse((x, y, x + chance.choice((0, 1, 1, 2)), y + 1), fill=shade)
    jpeg = io.BytesIO()
    page.save(jpeg, "JPEG", quality=55, dpi=(150, 150))
    jpeg.seek(0)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle("Minutes of 3 May 2021")
    canvas.drawImage(ImageReader(jpeg), 0, 0, *A4)
    canvas.save()
    return out.getvalue()


def report_docx() -> bytes:
    """Title, headings of two levels, a list and a table."""
    document = Document()
    document.core_properties.author = "Ingrid Solberg"
    document.add_heading(story.REPORT_TITLE, 0)
    document.add_paragraph(story.REPORT_BY, style="Subtitle")
    for name, level, paragraphs in (
        ("Summary", 1, story.REPORT_SUMMARY),
        ("Findings", 1, []),
        ("Foundations", 2, story.REPORT_FOUNDATIONS),
        ("Delays", 2, story.REPORT_DELAYS),
    ):
        document.add_heading(name, level)
        for text in paragraphs:
            document.add_paragraph(text)
    document.add_heading("Piles by section", 1)
    rows = [story.REPORT_PILES_HEAD, *story.REPORT_PILES]
    table = document.add_table(len(rows), len(rows[0]), style="Light Grid Accent 1")
    for number, row in enumerate(rows):
        for cell, text in zip(table.rows[number].cells, row, strict=True):
            cell.text = text
    document.add_heading("What is left", 1)
    for text in story.REPORT_NEXT:
        document.add_paragraph(text, style="List Bullet")
    return _stable(document.save)


def review_pptx() -> bytes:
    """A title slide, two slides of points, one with speaker's notes, and a slide with a table."""
    deck = Presentation()
    deck.core_properties.author = "Thomas Okafor"
    opening = deck.slides.add_slide(deck.slide_layouts[0])
    opening.shapes.title.text, opening.placeholders[1].text = story.SLIDES_TITLE
    for title, points, notes in story.SLIDES:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        frame = slide.placeholders[1].text_frame
        for number, point in enumerate(points):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.text = point
            paragraph.font.size = Pt(24)
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    title, rows = story.SLIDES_TABLE
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = title
    shape = slide.shapes.add_table(len(rows), len(rows[0]), Inches(0.7), Inches(1.8), Inches(8.6), Inches(3))
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            shape.table.cell(number, column).text = text
    return _stable(deck.save)


def budget_xlsx() -> bytes:
    """Two sheets, each one table."""
    book = Workbook()
    book.properties.creator = "Helen Marsh"
    for number, (name, rows) in enumerate((("Contracts", story.BUDGET_CONTRACTS), ("People", story.BUDGET_PEOPLE))):
        sheet = book.active if number == 0 else book.create_sheet()
        sheet.title = name
        for row in rows:
            sheet.append(row)
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for letter, cells in zip("ABCDEFG", sheet.columns, strict=False):
            sheet.column_dimensions[letter].width = 2 + max(len(str(cell.value or "")) for cell in cells)
            for cell in cells:
                if isinstance(cell.value, int):
                    cell.number_format = "#,##0"
    return _stable(book.save)


def letter_eml() -> bytes:
    """A plain letter."""
    message = EmailMessage()
    for name, value in story.LETTER_HEADERS.items():
        message[name] = value
    message.set_content(story.LETTER, cte="quoted-printable")
    return message.as_bytes()


SAMPLES: dict[str, Callable[[], bytes]] = {
    "harbour-history.pdf": history_pdf,
    "founding-minutes-scan.pdf": minutes_pdf,
    "engineering-report.docx": report_docx,
    "works-review.pptx": review_pptx,
    "budget.xlsx": budget_xlsx,
    "new-director.html": lambda: story.ARTICLE_HTML.encode(),
    "oyster-field-notes.md": lambda: story.FIELD_NOTES.encode(),
    "handover-letter.eml": letter_eml,
}


def _stable(save: Callable[[io.BytesIO], None]) -> bytes:
    """The saved office file with one fixed date everywhere the library would write today's."""
    saved = io.BytesIO()
    save(saved)
    out = io.BytesIO()
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            data = source.read(info)
            if info.filename == "docProps/core.xml":
                data = re.sub(rb"(?<=>)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ(?=<)", f"{MADE:%Y-%m-%dT%H:%M:%SZ}".encode(), data)
            entry = zipfile.ZipInfo(info.filename, MADE.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, data)
    return out.getvalue()


def main() -> None:
    """Write every sample into the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--to", type=Path, default=Path(__file__).parent, help="folder to write to (default: beside this script)"
    )
    folder = parser.parse_args().to
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in SAMPLES.items():
        (folder / name).write_bytes(make())
        print(folder / name)


if __name__ == "__main__":
    main()
