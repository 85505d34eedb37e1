"""Layers between a caller and a provider: response cache, budget, rate limit, retry, log of calls, pause of an account."""
