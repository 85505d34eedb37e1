"""Finds tables of a page: parted by painted rules, or by how their rows stand."""
