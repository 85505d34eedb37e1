"""API keys, sign-in links, rate limits of requests and the audit log."""
