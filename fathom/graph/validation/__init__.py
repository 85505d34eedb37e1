"""Finds faults of a collection by class, in ledger and graph, and repairs those that need no person."""
