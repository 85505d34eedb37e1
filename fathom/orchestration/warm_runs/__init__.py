"""Warm runs: a server that has all imports loaded and forks a process for each run, and its Dagster run launcher."""
