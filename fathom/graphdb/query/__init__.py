"""Runs queries of people: bounded, read-only unless an admin says otherwise, ended on the server."""
