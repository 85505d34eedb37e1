"""View data of the list of documents."""
