"""Finds running headers, footers and page numbers by the margins of a document's pages."""
