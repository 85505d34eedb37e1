"""Undoes writes of documents, and applies decisions of people on entities and facts."""
