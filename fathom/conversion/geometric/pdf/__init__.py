"""Reads PDF pages with pdfium: glyphs, painted lines, pictures, and the docling backend and pipeline over them."""
