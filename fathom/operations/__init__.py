"""Use cases of the command line and the API: ingest, watch, retry, cancel, remove, repair and estimate documents."""
