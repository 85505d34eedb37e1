"""Keeps verdicts on pairs, durable in the operational database."""
