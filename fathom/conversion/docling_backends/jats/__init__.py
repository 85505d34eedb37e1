"""Reads JATS articles: titles, authors, sections, tables, notes and references, with the text around inline elements."""
