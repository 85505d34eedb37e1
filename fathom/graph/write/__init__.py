"""Writes a document's episodes: extraction ahead of the writer, transactions, aggregates, deletion."""
