"""Relation extraction for pairs of names in a sentence, by a small network trained on Re-DocRED."""
