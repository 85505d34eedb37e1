"""What people do with documents: ingest, watch, retry, cancel, remove, repair, estimate."""
