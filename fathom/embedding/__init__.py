"""Embeddings: texts as unit vectors, and these as sign bits; the tokenizer that counts tokens everywhere."""
