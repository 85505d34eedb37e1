"""Reads a text before names and facts: its blocks, sentences, clauses, dates, and what it asserts."""
