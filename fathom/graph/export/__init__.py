"""Exports the graph as a stream of records in open formats: JSON lines, Cypher, GraphML, CSV, Parquet and Turtle."""
