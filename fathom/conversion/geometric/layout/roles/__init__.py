"""Tells what the blocks of a page are: headings, items of lists, captions, notes."""
