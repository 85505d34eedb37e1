"""The command line: thin commands over fathom's own functions."""
