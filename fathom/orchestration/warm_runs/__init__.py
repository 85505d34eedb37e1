"""Warm runs: a process that has everything imported and forks a run, and the Dagster launcher that asks it to."""
