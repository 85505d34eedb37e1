"""The HTTP server of the API, and its limits for slow and oversized requests."""
