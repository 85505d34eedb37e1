"""Readers of spreadsheets and delimited text, which return tables as displayed."""
