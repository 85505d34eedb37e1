"""Files as they arrive: found in the inbox, accepted whole, kept by hash."""
