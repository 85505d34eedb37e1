"""Formats numbers, dates and times by the format codes of spreadsheets."""
