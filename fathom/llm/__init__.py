"""LLM client: requests and responses, prices, middleware between caller and provider, providers."""
