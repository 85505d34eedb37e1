"""Prompts for entity matching and fact matching."""
