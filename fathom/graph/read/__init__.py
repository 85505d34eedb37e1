"""Reads what episodes and collections hold."""
