"""Tells what a file is by its content, before anything converts it."""
