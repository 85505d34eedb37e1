"""The temporal knowledge graph: its server, its driver, writing episodes and reading them back."""
