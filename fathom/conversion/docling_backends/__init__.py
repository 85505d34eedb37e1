"""Docling readers of each format, corrected where the installed version loses content."""
