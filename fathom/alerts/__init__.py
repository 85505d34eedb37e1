"""Evaluates alert rules, opens an incident for each cause, and delivers notices by routes."""
