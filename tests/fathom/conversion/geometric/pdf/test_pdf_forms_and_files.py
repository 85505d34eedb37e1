"""Values of form fields stand beside their labels; files that a PDF carries are named."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from reportlab.pdfgen.canvas import Canvas

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.geometric.layout.form_labels import lines_with_fields
from fathom.conversion.geometric.layout.page_content import Word
from fathom.conversion.geometric.pdf.pages.attached_files import attachment_notices
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument


def convert(path: Path) -> ConvertedDocument:
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**8, max_pages=100), version="v")


@pytest.fixture
def form(tmp_path: Path) -> list[str]:
    """The lines of the Markdown of a form."""
    canvas = Canvas(str(tmp_path / "form.pdf"), pagesize=(600, 800), invariant=True)
    canvas.setFont("Helvetica", 11)
    fields = canvas.acroForm
    for x, y, label in (
        (50, 700, "First name:"), (320, 700, "Last name:"), (50, 660, "Born"), (50, 620, "Country"), (50, 580, "I agree"),
        (50, 540, "Fuel:"), (140, 540, "diesel"), (240, 540, "petrol"), (50, 480, "Remarks:"), (50, 400, "Empty:"),
        (68, 360, "Crane"), (68, 340, "Lamp"), (50, 300, "Insured?"), (168, 300, "Yes"), (238, 300, "No"),
    ):  # fmt: skip
        canvas.drawString(x, y, label)
    for x, y, width, value in (
        (120, 695, 120, "Ada"), (390, 695, 120, "Lovelace"), (120, 655, 30, "10"), (160, 655, 30, "12"), (200, 655, 50, "1815"),
        (120, 395, 120, ""),
    ):  # fmt: skip
        fields.textfield(name=f"f{x}-{y}", value=value, x=x, y=y, width=width, height=18)
    fields.textfield(name="rm", value="Mind the crane.\nIt is old.", x=120, y=440, width=250, height=55, fieldFlags="multiline")
    fields.choice(name="c", value="Norway", options=["Norway", "Spain"], x=120, y=615, width=120, height=18)
    for x, y, checked in ((200, 577, True), (50, 357, False), (50, 337, True), (150, 297, True), (220, 297, False)):
        fields.checkbox(name=f"k{x}-{y}", checked=checked, x=x, y=y, size=12)
    for x, value, selected in ((120, "diesel", False), (220, "petrol", True)):
        fields.radio(name="fuel", value=value, selected=selected, x=x, y=537, size=12)
    canvas.save()
    return convert(tmp_path / "form.pdf").markdown.splitlines()


@pytest.mark.parametrize(
    "line",
    [
        "First name: Ada Last name: Lovelace",
        "Born 10 12 1815",
        "Country Norway",
        "I agree [x]",
        "Fuel: [ ] diesel [x] petrol",
        "Remarks: Mind the crane. It is old.",
        "Empty:",
        "- [ ] Crane",
        "- [x] Lamp",
        "Insured? [x] Yes [ ] No",
    ],
)
def test_values_boxes_and_choices_stand_beside_their_labels(form: list[str], line: str) -> None:
    assert line in form


def test_boxes_that_follow_their_labels_stay_behind_them(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "behind.pdf"), pagesize=(600, 800), invariant=True)
    canvas.setFont("Helvetica", 11)
    for x, label, checked in ((50, "Yes", False), (110, "No", True), (170, "Unknown", False)):
        canvas.drawString(x, 700, label)
        canvas.acroForm.checkbox(name=label, checked=checked, x=x + 4 + canvas.stringWidth(label), y=697, size=12)
    canvas.save()
    assert " ".join(convert(tmp_path / "behind.pdf").markdown.split()) == "Yes [ ] No [x] Unknown [ ]"


def test_a_value_without_a_label_is_a_line_of_its_own() -> None:
    words = [Word("Name", 50, 90, 80, 100, 10, baseline=100), Word("Ada", 60, 300, 90, 310, 10, baseline=310, field=1)]
    assert [line.text for line in lines_with_fields(words, 600)] == ["Name", "Ada"]


def attach(document: Any, name: str, content: bytes) -> None:
    wide = (name + "\0").encode("utf-16-le")
    attachment = pdfium.FPDFDoc_AddAttachment(document.raw, ctypes.cast(wide, ctypes.POINTER(ctypes.c_ushort)))
    pdfium.FPDFAttachment_SetFile(attachment, document.raw, content, len(content))


def test_attached_files_are_named_with_their_sizes(tmp_path: Path) -> None:
    plain = tmp_path / "plain.pdf"
    canvas = Canvas(str(plain), invariant=True)
    canvas.drawString(72, 700, "The rates are attached.")
    canvas.save()
    document = pypdfium2.PdfDocument(plain)
    attach(document, "rates.csv", b"x" * 1234)
    attach(document, "Übersicht 2023.xlsx", b"y" * 2_500_000)
    document.save(tmp_path / "attached.pdf")
    document.close()
    report = convert(tmp_path / "attached.pdf").report
    assert [(notice.kind, notice.where) for notice in report.notices] == [
        ("attachment_not_taken", "rates.csv"),
        ("attachment_not_taken", "Übersicht 2023.xlsx"),
    ]
    assert "rates.csv (1.23 kB)" in report.notices[0].message
    assert "(2.5 MB)" in report.notices[1].message


def test_a_file_pinned_to_a_page_is_named(tmp_path: Path) -> None:
    content = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    content += b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Annots[5 0 R]"
    content += b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
    text = b"BT /F 12 Tf 50 200 Td (See the pin.) Tj ET"
    content += b"4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n" % (len(text), text)
    content += b"5 0 obj<</Type/Annot/Subtype/FileAttachment/Rect[50 100 70 120]/FS 6 0 R>>endobj\n"
    content += b"6 0 obj<</Type/Filespec/F(plan.dwg)/UF(plan.dwg)/EF<</F 7 0 R>>>>endobj\n"
    content += b"7 0 obj<</Type/EmbeddedFile/Length 5/Params<</Size 5>>>>stream\nhello\nendstream endobj\n"
    content += b"trailer<</Root 1 0 R/Size 8>>\n"
    path = tmp_path / "pinned.pdf"
    path.write_bytes(content)
    [notice] = convert(path).report.notices
    assert "plan.dwg" in notice.message


def test_of_very_many_files_the_rest_is_counted() -> None:
    notices = attachment_notices([(f"{number}.txt", 10) for number in range(80)] + [("0.txt", 10)])
    assert len(notices) == 51
    assert notices[-1].count == 30
