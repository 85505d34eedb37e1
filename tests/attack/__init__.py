"""Attacks on a deployment, each a command that prints a table and a test that runs it in a short form."""
