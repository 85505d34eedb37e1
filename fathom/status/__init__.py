"""Derives where a document stands, how lively its work is, and when it will be done; keeps nothing of its own."""
