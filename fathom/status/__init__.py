"""Derives the status, the liveness and the expected completion of documents; stores nothing."""
