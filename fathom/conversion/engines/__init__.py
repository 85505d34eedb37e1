"""Engines that convert a file: docling with our geometric layout, Docling's models, docling-serve."""
