"""Compares the ledger with the graph, repairs either, and upgrades graphs of older versions."""
