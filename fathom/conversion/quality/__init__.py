"""Measures of what a conversion kept and lost."""
