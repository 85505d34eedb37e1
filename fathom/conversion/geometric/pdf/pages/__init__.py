"""Reads pages of a PDF through pdfium: glyphs, shapes, annotations, and what of them does not show."""
