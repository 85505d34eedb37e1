"""Dagster's webserver with Fathom's sign-in, checks of host and origin, and read-only mode."""
