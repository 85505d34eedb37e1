"""What exists: documents, chunks and graph episodes, partitioned by document."""
