"""Pages of the graph, below `/graph`: overview, entities, duplicates, faults, backups; each module has its own router."""
