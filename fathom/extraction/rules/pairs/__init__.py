"""Judges pairs of names in one sentence by a small network that was trained on Re-DocRED."""
