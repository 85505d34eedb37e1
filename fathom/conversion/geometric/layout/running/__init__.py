"""Finds running headers, footers and page numbers by what the pages of a document show of their margins."""
