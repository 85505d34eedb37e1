"""Parses full and partial dates as people, programs and models write them."""
