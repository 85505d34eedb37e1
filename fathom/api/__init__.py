"""The HTTP API: thin routes over fathom's own functions."""
