"""Remembers what was measured: a registry of metrics, their history in roll-ups, and its retention."""
