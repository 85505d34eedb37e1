"""Handlers for the commands of LaTeX and its packages, by purpose."""
