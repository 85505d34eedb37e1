"""Sensors: new uploads start runs, old runs are removed."""
