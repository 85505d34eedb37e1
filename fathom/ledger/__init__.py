"""The ledger: a durable row for each episode, with its state and the reason for it, and the writer leases."""
