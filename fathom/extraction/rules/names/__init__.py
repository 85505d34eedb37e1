"""Named entity recognition: corrected spaCy spans, gazetteers, typing, and grouping of mentions into entities."""
