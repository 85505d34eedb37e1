"""Structured logs, events, traces and heartbeats, with document, run, stage and metrics."""
