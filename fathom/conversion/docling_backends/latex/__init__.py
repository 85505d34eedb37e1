"""Reads LaTeX: expands its macros as TeX does, and takes what the commands of LaTeX and common packages put on the page."""
