"""How words and brackets are spelled that a page divides, or paints the other way about."""
