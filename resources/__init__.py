"""Connections, handed to assets, checks and sensors."""
