"""Draws series as pictures (SVG): for the pages, and for Dagster's metadata."""
