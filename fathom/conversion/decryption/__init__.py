"""Decrypts documents that have a password."""
