"""Docling's reader of PowerPoint files, corrected where it loses content."""
