"""Reads LaTeX: expands its macros as TeX does, and executes the commands of LaTeX and common packages."""
