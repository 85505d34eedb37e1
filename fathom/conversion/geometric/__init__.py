"""Our engine for PDFs and scans: pdfium's glyphs, layout by geometry, OCR; no weights but RapidOCR's."""
