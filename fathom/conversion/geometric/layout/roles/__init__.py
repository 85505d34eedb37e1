"""Assigns roles to the blocks of a page: headings, items of lists, captions, notes."""
