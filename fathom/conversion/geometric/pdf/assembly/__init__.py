"""Puts the pages of a PDF together to a document: order, levels, tables and links that go over pages."""
