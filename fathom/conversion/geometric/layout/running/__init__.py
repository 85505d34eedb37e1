"""Finds running headers, running footers and page numbers in the margins of a document's pages."""
