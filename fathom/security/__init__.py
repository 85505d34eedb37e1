"""API keys, sign-in links, request pacing and the audit log."""
