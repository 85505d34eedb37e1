"""Reads AsciiDoc as Asciidoctor does: attributes, conditions, blocks, lists, tables and inline marks."""
