"""Dagster's own pages behind Fathom's sign-in: its webserver with a guard before every request."""
