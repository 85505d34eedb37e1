"""Reads all nodes and relationships of a graph or a collection as a stream, and computes their digest."""
