"""Text matching: visible characters with their offsets, words, inflection, forms of names."""
