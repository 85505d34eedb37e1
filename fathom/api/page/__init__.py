"""HTML pages: their routes, the data that each shows, and the templates that render it."""
