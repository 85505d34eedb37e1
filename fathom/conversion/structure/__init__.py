"""The converted document read in order: blocks, tables and places, for chunks and for Markdown alike."""
