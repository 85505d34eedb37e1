"""The ledger: the durable row of every episode, which says what is in the graph and why."""
