"""Blocks of marked-up text (LaTeX, AsciiDoc, JATS) and the document that is made of them."""
