"""Backs up collections into a single portable file, and restores them without a model call."""
