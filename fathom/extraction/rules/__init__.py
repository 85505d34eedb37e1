"""Offline extraction: spaCy reads names and grammar, rules and a small model make entities and facts of them."""
