"""Docling's Word backend, on a document whose XML is first reduced to the displayed content."""
