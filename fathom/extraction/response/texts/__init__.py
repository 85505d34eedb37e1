"""Compares texts by what they say: plain text with its places, words, inflection, forms of names."""
