"""Reads text from pictures of pages."""
