"""Readers of OpenDocument texts and presentations, on docling's readers of the file, its pictures and charts."""
