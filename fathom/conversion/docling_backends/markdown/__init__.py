"""Reads Markdown with markdown-it-py into docling's document; HTML blocks are read by the HTML backend."""
