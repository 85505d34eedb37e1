"""Readers of OpenDocument texts and presentations, based on docling's readers of the file, its pictures and charts."""
