"""Uploads: files found in the inbox, accepted once complete, stored by hash, and scheduled into runs."""
