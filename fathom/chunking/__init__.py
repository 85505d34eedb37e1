"""Structured documents into chunks that a retrieval system can use."""
