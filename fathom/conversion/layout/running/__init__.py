"""Running headers, footers and page numbers: found by what the pages of a document show of their margins."""
