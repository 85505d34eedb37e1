"""Calls of language models: one request and its response, its price, and what stands between caller and provider."""
