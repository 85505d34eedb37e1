"""Reads the parts of an XLSX workbook."""
