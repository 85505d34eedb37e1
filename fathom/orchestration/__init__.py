"""Dagster: its home and storage, the submission, reconciliation and records of runs; the only package that imports dagster."""
