"""Tells 8-bit and East Asian encodings apart by the letters of the languages that are written in them."""
