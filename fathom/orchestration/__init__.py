"""Dagster: its home, its storage, runs submitted, reconciled and read back; the only room that imports dagster."""
