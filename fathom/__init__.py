"""Documents in, a temporal knowledge graph out: the work itself, without Dagster."""
