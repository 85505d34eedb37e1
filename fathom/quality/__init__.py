"""Judges what was measured: anomalies of series, drift of distributions, and the health of the deployment."""
