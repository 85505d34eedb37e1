"""Tells somebody: rules find what is wrong, incidents open once with their cause, and notices go out by routes."""
