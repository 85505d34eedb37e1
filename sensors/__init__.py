"""What starts work: new uploads."""
