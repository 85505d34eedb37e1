"""Makes documents with a password the same without one."""
