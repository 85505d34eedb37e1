"""LLM middleware: budget, account pause, rate limit, retries, response cache, call log."""
