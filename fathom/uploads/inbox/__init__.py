"""The inbox: scanned, written to, and accepted file by file."""
