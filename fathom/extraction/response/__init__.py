"""Parses answers of language models: JSON, names and quotes in the text, dates."""
