"""Where a document stands, how lively it is and when it will be done; all of it derived, nothing of it kept."""
