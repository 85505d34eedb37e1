"""Dagster resources: connections and stores of assets and sensors."""
