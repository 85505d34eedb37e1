"""The layout of a page found by geometry alone: no weights, a few milliseconds a page."""
