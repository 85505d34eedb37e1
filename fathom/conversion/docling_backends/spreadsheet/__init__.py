"""Readers of spreadsheets and delimited text, which give tables as the sheet shows them."""
