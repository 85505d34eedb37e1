"""The knowledge graph: episodes written, read back, and reconciled with the ledger."""
