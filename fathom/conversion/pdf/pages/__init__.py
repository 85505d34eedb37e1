"""Pages of a PDF read through pdfium: glyphs, shapes, annotations, and what of them does not show."""
