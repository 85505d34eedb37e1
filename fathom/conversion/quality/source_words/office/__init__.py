"""Reads the words of office files from their own XML."""
