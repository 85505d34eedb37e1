"""Reads graphs from files to be imported: Fathom's own exports, graphs made by hand, and archives of cognee."""
