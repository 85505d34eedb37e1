"""Analyses the past of metrics and of the log: trends, forecasts, patterns by hour and day, and what they recommend."""
