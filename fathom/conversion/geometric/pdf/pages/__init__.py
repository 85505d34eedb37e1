"""Reads pages of a PDF through pdfium: glyphs, shapes, annotations, and hidden text."""
