"""Storage of intermediate results: converted documents and chunks."""
