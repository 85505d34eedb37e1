"""Reads the contents of episodes and collections."""
