"""A library that an engine loads only when a document asks for it."""
