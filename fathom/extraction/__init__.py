"""Extraction: entities and facts of a text, by a language model over the network or by offline rules."""
