"""Validates requests and answers of a search of the graph."""
