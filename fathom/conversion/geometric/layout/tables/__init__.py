"""Finds tables of a page: separated by painted rules, or by how their rows stand."""
