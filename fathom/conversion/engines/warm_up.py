"""Small documents that are converted before the first real document, so that nothing is loaded while a caller waits."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fathom.conversion.report import DocumentKind, Inspection

PDF_TEXT = b"BT /F1 20 Tf 72 720 Td (Warm) Tj /F1 11 Tf 0 -40 Td (A page with a line of text.) Tj ET"


def convert_samples(convert: Callable[..., Any]) -> None:
    """Converts a PDF with text, a scan and a Word document."""
    with tempfile.TemporaryDirectory(prefix="fathom-warm-") as folder:
        for kind, path in (
            (DocumentKind.PDF, _pdf(Path(folder))),
            (DocumentKind.IMAGE, _scan(Path(folder))),
            (DocumentKind.DOCX, _docx(Path(folder))),
        ):
            pages = None if kind is DocumentKind.DOCX else 1
            convert(path, Inspection(kind=kind, size=path.stat().st_size, pages=pages), version="warm-up")


def _pdf(folder: Path) -> Path:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(PDF_TEXT), PDF_TEXT),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    data = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    path = folder / "warm.pdf"
    path.write_bytes(data)
    return path


def _scan(folder: Path) -> Path:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (900, 300), "white")
    ImageDraw.Draw(image).text((40, 100), "A scanned line", fill="black", font=ImageFont.load_default(size=60))
    path = folder / "warm.png"
    image.save(path, dpi=(150, 150))
    return path


def _docx(folder: Path) -> Path:
    path = folder / "warm.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
            'wordprocessingml.document.main+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/document.xml",
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
            "<w:p><w:r><w:t>A paragraph.</w:t></w:r></w:p></w:body></w:document>",
        )
    return path
