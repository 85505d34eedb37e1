"""Holds the revisions in the order of their numbers; a released revision is never changed."""
