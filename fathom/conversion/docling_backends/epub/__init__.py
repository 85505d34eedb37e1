"""Reader of EPUBs."""
