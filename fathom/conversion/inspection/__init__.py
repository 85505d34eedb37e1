"""Determines the kind of a file by its content, before anything converts it."""
