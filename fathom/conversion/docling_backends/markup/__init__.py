"""Blocks of marked-up text (LaTeX, AsciiDoc, JATS, HTML) and their conversion to a document."""
