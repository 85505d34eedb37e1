"""The assets: documents, chunks and graph episodes, partitioned by document."""
