"""Finds names and their types: spaCy's spans mended, by a gazetteer, and grouped to entities."""
