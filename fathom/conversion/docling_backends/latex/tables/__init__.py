"""Reads the tables of LaTeX: columns, cells with their spans, rows."""
