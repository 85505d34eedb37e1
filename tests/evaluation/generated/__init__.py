"""Documents that are generated with everything that is in them known, a writer a format."""
