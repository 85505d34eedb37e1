"""Mends words and brackets that a page divides, or paints the other way about."""
