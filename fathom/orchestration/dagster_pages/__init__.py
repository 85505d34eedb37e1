"""Dagster's webserver with our sign-in, checks of host and origin, and read-only mode."""
