"""Docling's PowerPoint backend, corrected where it loses content."""
