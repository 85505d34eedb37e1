"""HTML pages, rendered by the same functions as the API and refreshed by a small script."""
