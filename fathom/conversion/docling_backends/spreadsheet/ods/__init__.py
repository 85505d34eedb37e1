"""Reads the sheets of an OpenDocument spreadsheet."""
