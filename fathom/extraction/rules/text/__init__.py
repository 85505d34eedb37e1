"""Text analysis before extraction: blocks, sentences, clauses, dates, factuality."""
