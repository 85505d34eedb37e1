"""Measures the content that a conversion kept and lost."""
