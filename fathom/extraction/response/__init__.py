"""Reads the answers of language models: their JSON, the names and quotes in the text, the dates."""
