"""The pages that people open: rendered here, kept fresh by a little script, over the same functions as the API."""
