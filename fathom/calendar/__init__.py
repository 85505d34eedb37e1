"""Reads dates as people, programs and models write them, whole or in part."""
