"""Documents in, a temporal knowledge graph out: the work itself, without Dagster."""

__version__ = "0.1.0"
