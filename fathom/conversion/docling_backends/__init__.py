"""Docling backends for each format, corrected where the installed version loses content."""
