"""View data of a document's page."""
